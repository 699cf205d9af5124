"""The gallery as a reader uses it: marking, listening, by keyboard, reading cards, printing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit.page import render_page
from pipeline.audit.settings import Auditing
from pipeline.audit.write import write_report
from schemas.report import Report
from schemas.score import shuffled
from tests.pipeline.audit.audit_data import (
    answer,
    clip,
    dataset,
    empty,
    music,
    prompt,
    score,
    small,
    step,
    video,
)
from tests.pipeline.audit.browser import Page
from tests.pipeline.audit.gallery_pages import (
    A1,
    CLIPS,
    C,
    click,
    fill,
    long,
    parts,
    show,
    shown,
    visit,
)


def test_marked_clips_stay_marked_and_go_into_a_list(
    page: Page, reports: Path, tmp_path: Path
) -> None:
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    show(page, reports / "small", "#gallery?sort=id")
    page.js("document.querySelectorAll('.mark')[1].click()")
    page.js("document.querySelectorAll('.mark')[3].click()")
    visit(page, reports / "small")
    click(page, "download")
    file = tmp_path / "marked-clips.txt"
    for _ in range(200):
        if file.exists() and file.stat().st_size:
            break
        page.js("new Promise(done => setTimeout(done, 10))")

    assert page.js("document.getElementById('count').textContent") == "2 marked"
    assert fill(page, "marked", True) == [A1, C]
    assert file.read_text() == (
        f"# 2 clips of the dataset with content digest {'0' * 64}\n{A1}\n{C}\n"
    )


def test_all_found_clips_can_be_marked_and_unmarked(page: Page, reports: Path) -> None:
    show(page, reports / "long")
    fill(page, "max", "0.099")
    click(page, "mark-all")
    counts = [page.js("document.getElementById('count').textContent")]
    for button in ("clear", "undo", "undo"):
        click(page, button)
        counts.append(page.js("document.getElementById('count').textContent"))

    assert counts == ["100 marked", "0 marked", "100 marked", "100 marked"]
    assert page.js("[...document.querySelectorAll('.mark')].every(box => box.checked)")
    assert not page.js("document.getElementById('undo').checkVisibility()")


def test_the_commands_for_a_list_are_told(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    text = page.js("document.getElementById('marks').textContent")

    assert "framesong annotate RECIPE --clips marked-clips.txt" in text
    assert "framesong remove RECIPE --clips marked-clips.txt" in text


def test_sound_plays_one_clip_at_a_time(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    times = page.js(
        "(async () => { const [a, b] = document.querySelectorAll('audio'); await a.play();"
        " await new Promise(done => a.addEventListener('timeupdate', () => a.currentTime > 0.05"
        " && done())); const before = a.currentTime; await b.play();"
        " return [before, a.duration, a.paused, b.paused]; })()"
    )

    assert times[0] > 0.05
    assert times[1] == pytest.approx(0.5, abs=0.01)
    assert times[2:] == [True, False]


def test_the_gallery_is_usable_by_keyboard(page: Page, reports: Path) -> None:
    show(page, reports / "long", "#gallery?sort=id&page=2")
    current = "document.activeElement.closest('.clip')?.querySelector('.id').textContent"
    page.press("j")
    first = page.js(current)
    page.press("j")
    page.press("m")

    assert first == "local-a-00024000"
    assert page.js(current) == "local-a-00025000"
    assert page.js("document.getElementById('count').textContent") == "1 marked"
    page.press("k")
    page.press("k")  # on to the page before
    page.wait(f"{current} === 'local-a-00023000'")
    page.press("ArrowRight")
    page.wait("document.getElementById('page').value === '2'")
    page.press("ArrowLeft")
    page.wait("document.getElementById('page').value === '1'")
    page.press("/")
    assert page.js("document.activeElement.id") == "search"
    for letter in "jm ":
        page.press(letter)
    assert page.js("document.activeElement.value") == "jm "


def test_space_plays_the_current_clip(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    page.js("document.getElementById('gallery').scrollIntoView()")
    page.press("j")
    page.press(" ")
    page.wait("document.querySelector('audio').currentTime > 0")


def test_keys_do_nothing_while_the_gallery_is_out_of_sight(page: Page, reports: Path) -> None:
    show(page, reports / "long")
    page.js("scrollTo(0, 0)")
    page.press("ArrowRight")

    assert page.js("document.getElementById('gallery').getBoundingClientRect().top") > 900
    assert page.js("document.getElementById('page').value") == "1"


def test_controls_follow_one_another_and_have_names(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    page.js("document.getElementById('search').focus()")
    tabbed = []
    for _ in range(5):
        page.press("Tab")
        tabbed.append(page.js("document.activeElement.id"))
    nameless = page.js(
        "[...document.querySelectorAll('#looking :is(input, select, button, audio, progress)')]"
        ".filter(e => !(e.ariaLabel || e.labels?.length || e.textContent)).map(e => e.id)"
    )

    assert tabbed == ["sort", "order", "pick", "split", "source"]
    assert nameless == []
    assert page.js("document.getElementById('shown').localName") == "output"  # is a live region


def one(folder: Path, text: str, broken: list[str], **facts: Any) -> None:
    """The report of one clip with this prompt."""
    each = clip("local-a", 83.0)
    steps = [
        step("blip2", "frame_captions", [answer(each.clip_id, "a cat", "describe")]),
        step("music", "music_captions", [music(each.clip_id, "slow")]),
        step("p", "prompts", [prompt(each.clip_id, 9, 80, text=text, violations=broken)]),
        step(
            "s",
            "scores",
            [
                score(each.clip_id, 0.3),
                score(each.clip_id, 0.25, "answer:describe"),
                score(each.clip_id, 0.0625, shuffled("prompt")),
            ],
        ),
        step("clap", "scores", [score(each.clip_id, -0.125, metric="clap_cosine")]),
        step("broken", "scores", [], {each.clip_id: "oom"}),
    ]
    write_report(dataset([video("local-a", **facts)], [each], steps), folder)


def test_a_card_tells_all_about_its_clip(page: Page, tmp_path: Path) -> None:
    text = "\U0001f3b8 Create Queen or a cat"
    one(tmp_path / "report", text, ["opening", "name", "a_rule"], artist="Queen", title="Song")
    show(page, tmp_path / "report")
    card = page.js("document.querySelector('.clip').innerText")
    link = page.js(
        "(() => { const a = document.querySelector('.clip a'); return [a.href, a.rel]; })()"
    )

    for words in ("Song", "a cat", "slow", "9 words, 80 CLIP tokens", "cut off at 77", "a rule"):
        assert words in card
    for words in ("0.300", "0.250", "clap cosine, prompt", "\u22120.125", "failed: oom", "1:23"):
        assert words in card
    assert "shuffled" not in card
    assert "0.063" not in card
    assert page.js("[...document.querySelectorAll('.clip mark')].map(m => m.textContent)") == [
        "\U0001f3b8 Create",
        "Queen",
    ]
    assert page.js("document.querySelector('.prompt').textContent") == text
    assert link == ["https://example.org/local-a.mp4#t=83", "noopener noreferrer"]


def test_a_clip_without_sound_links_to_its_source(page: Page, tmp_path: Path) -> None:
    write_report(replace(small(), settings=Auditing(gallery=0)), tmp_path / "report")
    show(page, tmp_path / "report")

    assert page.js("document.querySelectorAll('audio').length") == 0
    assert page.js("document.querySelectorAll('.clip a').length") == 4
    assert fill(page, "sound", True) == []


def test_a_part_that_is_gone_leaves_the_rest(browser: Page, tmp_path: Path) -> None:
    write_report(long(), tmp_path / "report")
    (tmp_path / "report" / "data" / "clips-0001.js").unlink()
    show(browser, tmp_path / "report", "#gallery?sort=id&page=21")

    assert len(shown(browser)) == 24
    cards = browser.js("[...document.querySelectorAll('.clip')].map(c => c.innerText)")
    assert sum("clips-0001.js cannot be read" in card for card in cards) == 4
    assert fill(browser, "search", "owl") == [f"local-a-{1000 * (CLIPS - 1):08d}"]
    assert "Not searched: data/clips-0001.js" in browser.js(
        "document.getElementById('trouble').textContent"
    )


def test_data_of_another_report_are_not_shown(browser: Page, tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    part = tmp_path / "report" / "data" / "clips-0000.js"
    part.write_text(part.read_text().replace("0" * 64, "1" * 64))
    show(browser, tmp_path / "report")

    assert "is of another report" in browser.js("document.getElementById('clips').innerText")


def test_without_its_data_the_page_says_so(browser: Page, tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    (tmp_path / "report" / "data" / "index.js").unlink()
    browser.open(tmp_path / "report" / "index.html")
    browser.wait("document.getElementById('trouble').checkVisibility()")

    assert "was the folder copied whole?" in browser.js("document.body.innerText")


def test_without_javascript_the_page_says_where_the_clips_are(browser: Page, reports: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(reports / "small" / "index.html")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)

    assert "The gallery needs JavaScript" in browser.js("document.body.innerText")
    assert not browser.js("document.getElementById('choices').checkVisibility()")


def test_print_has_the_shown_clips_and_no_controls(page: Page, reports: Path) -> None:
    show(page, reports / "small", "#gallery?split=:eval")
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert shown(page) == [C]
        assert not page.js("document.getElementById('choices').checkVisibility()")
        assert not page.js("document.querySelector('audio').checkVisibility()")
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_a_page_without_clips_has_no_gallery(page: Page, tmp_path: Path) -> None:
    report: Report = write_report(empty(), tmp_path / "report")
    page.open(tmp_path / "report" / "index.html")

    assert "There are no clips to look at." in render_page(report)
    assert parts(page) == []
