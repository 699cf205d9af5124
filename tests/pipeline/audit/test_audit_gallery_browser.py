"""The gallery as a reader uses it: looking, filtering, searching, listening, marking."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.audit.data import AuditData
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
from tests.pipeline.audit.browser import Page, chromium

A0, A1, B, C = "local-a-00000000", "local-a-00020000", "local-b-00010000", "local-c-00030000"
DRAWN = "document.getElementById('clips').ariaBusy === 'false'"
CLIPS = 1030
"""Of the long dataset: three parts of 500, and 43 pages of 24."""


def long() -> AuditData:
    """Many clips without media: clip n scores n / 1000, and only the last one is of an owl."""
    clips = [clip("local-a", float(second)) for second in range(CLIPS)]
    ids = [each.clip_id for each in clips]
    animals = ["a cat"] * (CLIPS - 1) + ["an owl"]
    steps = [
        step("b", "frame_captions", [answer(*pair) for pair in zip(ids, animals, strict=True)]),
        step("p", "prompts", [prompt(each, n % 40) for n, each in enumerate(ids)]),
        step("s", "scores", [score(each, n / 1000) for n, each in enumerate(ids)]),
    ]
    return replace(dataset([video("local-a")], [], steps), clips=clips)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small and a long report."""
    folder = tmp_path_factory.mktemp("reports")
    write_report(small(), folder / "small")
    write_report(long(), folder / "long")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1280,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser; whatever a test does, the page must not complain."""
    browser.problems.clear()
    browser.requests.clear()
    yield browser
    assert browser.problems == []


def show(page: Page, folder: Path, place: str = "") -> None:
    """Open a report afresh, without what the browser kept of it."""
    page.open(folder / "index.html")
    page.js("localStorage.clear()")
    visit(page, folder, place)


def visit(page: Page, folder: Path, place: str = "") -> None:
    page.call("Page.navigate", url="about:blank")
    page.requests.clear()
    page.open(folder / "index.html", place)
    page.wait(DRAWN)


def shown(page: Page) -> list[str]:
    """The ids of the visible clips, in order."""
    page.wait(DRAWN)
    ids: list[str] = page.js(
        "[...document.querySelectorAll('.clip')].filter(c => c.checkVisibility())"
        ".map(c => c.querySelector('.id').textContent)"
    )
    return ids


def fill(page: Page, field: str, value: str | bool) -> list[str]:
    """Fill in a field as a reader would; what is shown then."""
    assign = f"checked = {str(value).lower()}" if isinstance(value, bool) else f"value = '{value}'"
    page.js(
        f"(async () => {{ const f = document.getElementById('{field}'); f.{assign};"
        " f.dispatchEvent(new Event('input', { bubbles: true }));"
        " await new Promise(done => setTimeout(done, f.type === 'search' || f.type === 'number'"
        " ? 320 : 20)); })()"
    )
    page.wait("document.getElementById('searching').hidden")
    return shown(page)


def click(page: Page, id_: str) -> None:
    page.js(f"document.getElementById('{id_}').click()")


def told(page: Page) -> str:
    """What is said about the clips that are shown."""
    return str(page.js("document.getElementById('shown').value"))


def parts(page: Page) -> list[str]:
    """The parts of the data that were loaded."""
    return [m[1] for each in page.requests if (m := re.search(r"/data/(\S+)\.js$", each))]


def test_the_gallery_asks_for_nothing_but_files_of_its_folder(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    page.js("Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode())))")

    assert page.js("document.images.length") == 4
    assert page.js("[...document.images].every(i => i.naturalWidth > 0)")
    assert parts(page) == ["index", "clips-0000"]
    folder = (reports / "small").as_uri()
    assert [each for each in page.requests if not each.startswith((folder, "data:"))] == []


def test_every_clip_is_on_some_page(page: Page, reports: Path) -> None:
    show(page, reports / "long")
    ids = fill(page, "sort", "id")
    assert told(page) == "1\u201324 of 1,030 clips"
    while page.js("!document.getElementById('next').disabled"):
        click(page, "next")
        ids += shown(page)

    assert ids == sorted(each.clip_id for each in long().clips)
    assert told(page) == "1,009\u20131,030 of 1,030 clips"


def test_texts_are_loaded_when_they_are_looked_at(page: Page, reports: Path) -> None:
    show(page, reports / "long", "#gallery?sort=id")
    assert parts(page) == ["index", "clips-0000"]

    fill(page, "order", "down")
    assert parts(page) == ["index", "clips-0000", "clips-0002"]


def test_clips_can_be_sorted(page: Page, reports: Path) -> None:
    show(page, reports / "small")

    assert shown(page) == [B, A1, A0, C]  # the worst, the best, borderline, random
    assert fill(page, "sort", "s0") == [B, A0, C, A1]
    assert fill(page, "order", "down") == [A1, C, A0, B]
    assert fill(page, "sort", "tokens") == [A1, A0, C, B]  # none of b's were counted
    assert fill(page, "order", "") == [C, A0, A1, B]
    assert fill(page, "sort", "words") == [A0, A1, B, C]
    assert fill(page, "sort", "s1") == [A0, A1, B, C]  # only the first has that score
    assert fill(page, "sort", "id") == [A0, A1, B, C]


def test_clips_can_be_filtered(page: Page, reports: Path) -> None:
    show(page, reports / "small", "#gallery?sort=id")

    for field, value, expected in (
        ("pick", "worst", [B]),
        ("pick", "*", [A0, A1, B, C]),
        ("split", ":eval", [C]),
        ("source", ":folder", [A0, A1, B]),
        ("rule", "any", [A1, B]),
        ("rule", "none", [A0, C]),
        ("rule", ":music_word", [A1]),
        ("truncated", True, [A1]),
        ("missing", True, [A1, B, C]),
        ("sound", True, [A0, A1, B, C]),
        ("marked", True, []),
        ("min", "0.1", [A0, A1, C]),
        ("max", "-0.1", [B]),
    ):
        assert fill(page, field, value) == expected, (field, value)
        fill(page, field, False if isinstance(value, bool) else "")

    fill(page, "split", ":train")
    assert fill(page, "rule", "any") == [A1, B]
    assert told(page) == "1\u20132 of 2 found among 4 clips"
    click(page, "reset")
    page.wait("document.getElementById('split').value === ''")
    assert shown(page) == [B, A1, A0, C]


def test_a_range_is_of_the_score_that_was_chosen(page: Page, reports: Path) -> None:
    show(page, reports / "small")
    fill(page, "score", "1")

    assert fill(page, "min", "0.2") == [A0]


def test_search_finds_words_of_titles_captions_prompts_and_ids(page: Page, reports: Path) -> None:
    show(page, reports / "small", "#gallery?sort=id")

    assert fill(page, "search", "SONG official") == [A0, A1]
    assert fill(page, "search", "band slow") == [A0]
    assert fill(page, "search", "prompt for local-c") == [C]
    assert fill(page, "search", "00010000") == [B]
    assert fill(page, "search", "no such words") == []
    assert page.js("document.getElementById('none').checkVisibility()")
    assert fill(page, "search", "") == [A0, A1, B, C]


def test_search_goes_through_all_parts_and_keeps_to_the_filters(page: Page, reports: Path) -> None:
    show(page, reports / "long", "#gallery?sort=id")

    assert fill(page, "search", "owl") == [f"local-a-{1000 * (CLIPS - 1):08d}"]
    assert parts(page)[-2:] == ["clips-0001", "clips-0002"]
    assert len(fill(page, "search", "cat")) == 24
    assert told(page) == "1\u201324 of 1,029 found among 1,030 clips"
    fill(page, "min", "1")
    assert told(page) == "1\u201324 of 29 found among 1,030 clips"


def test_a_search_can_be_stopped(page: Page, reports: Path) -> None:
    show(page, reports / "long")
    page.js(  # parts that never come
        "(() => { files.clips = () => new Promise(() => {}); const f ="
        " document.getElementById('search'); f.value = 'owl';"
        " f.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )
    page.wait("document.getElementById('cancel').checkVisibility()")
    click(page, "cancel")

    assert page.js("document.getElementById('searching').hidden")
    assert "was stopped" in page.js("document.getElementById('trouble').textContent")


def test_the_address_restores_the_view(page: Page, reports: Path) -> None:
    show(page, reports / "long")
    fill(page, "sort", "s0")
    fill(page, "order", "down")
    fill(page, "max", "0.9")
    click(page, "next")
    before = shown(page)
    place = page.js("location.hash")
    visit(page, reports / "long", place)

    assert place == "#gallery?sort=s0&order=down&max=0.9&page=2"
    assert shown(page) == before
    assert before[0] == "local-a-00876000"
    assert page.js("document.getElementById('gallery').getBoundingClientRect().top") < 900


def test_back_leads_to_the_view_before(page: Page, reports: Path) -> None:
    show(page, reports / "small", "#gallery?sort=id")
    fill(page, "split", ":eval")
    fill(page, "search", "no such words")
    page.js("history.back()")
    page.wait("document.getElementById('search').value === ''")

    assert shown(page) == [C]
    page.js("history.back()")
    page.wait("document.getElementById('split').value === ''")
    assert shown(page) == [A0, A1, B, C]


def test_an_address_that_makes_no_sense_shows_the_gallery(page: Page, reports: Path) -> None:
    show(page, reports / "small", "#gallery?sort=__proto__&pick=%00&min=x&page=-7&split=:&%")

    assert shown(page) == [B, A1, A0, C]


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
