"""What a reader sees of a comparison: in words, in Chromium, and on disk."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.audit.compare import write as write_module
from pipeline.audit.compare.build import compare
from pipeline.audit.compare.page import number, render_comparison, signed
from pipeline.audit.compare.words import LONGEST, pieces
from pipeline.audit.compare.write import folder_name, write_comparison
from pipeline.errors import DatasetError
from pipeline.store import Dataset
from schemas import VIDEOS
from schemas.report.comparison import Comparison
from tests.pipeline.audit.audit_data import video
from tests.pipeline.audit.browser import Page, chromium
from tests.pipeline.audit.compare.variants_on_disk import (
    A0,
    A1,
    TRAIN,
    B,
    C,
    empty_recipe,
    make,
    write_answers,
    write_prompts,
    write_scores,
)
from tests.pipeline.audit.hostile_texts import HOSTILE

ONE, TWO = "write-aaaaaaaaaaaa", "write-bbbbbbbbbbbb"


def compared(root: Path) -> tuple[Comparison, Dataset]:
    """Prompts that are scored, one of them with a title and texts that try to be more."""
    dataset = make(root / "data")
    videos = [video("local-a", title=HOSTILE[0]), video("local-b", title="".join(HOSTILE))]
    dataset.write(VIDEOS, TRAIN, videos)
    evil = " ".join(HOSTILE).replace("\x00", "")
    one = {A0: "a red barn at night", A1: "a mill", B: evil, C: "fog"}
    two = {A0: "a blue barn at night", A1: "a mill", B: "calm " + evil[::-1], C: "thick fog"}
    write_prompts(dataset, ONE, one, config={"instruction": "".join(HOSTILE)})
    write_prompts(dataset, TWO, two, config={"instruction": "Write."})
    of_one = {"prompt": {A0: 0.1, A1: 0.2, B: 0.3, C: 0.1}}
    of_two = {"prompt": {A0: 0.4, A1: 0.2, B: 0.1, C: 0.2}}
    write_scores(dataset, "clip_score-111111111111", f"prompts/{ONE}", of_one)
    write_scores(dataset, "clip_score-222222222222", f"prompts/{TWO}", of_two)
    return compare(dataset, empty_recipe(root), [ONE, TWO]), dataset


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_comparison(*compared(tmp_path_factory.mktemp("compared")))


@pytest.fixture(scope="module")
def page(written: Path) -> Iterator[Page]:
    with chromium() as opened:
        opened.open(written)
        yield opened


def differing(text: str, other: str) -> list[str]:
    return [piece.text for piece in pieces(text, other) if piece.differs]


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("a red barn", "a blue barn", ["red"]),
        ("a barn", "a barn at night", []),
        ("a barn at night", "a barn", ["at night"]),
        ("Barn", "barn", ["Barn"]),
        ("a  barn\n", "a barn", []),
        ("", "a barn", []),
        ("fog", "", ["fog"]),
    ],
)
def test_words_that_the_other_lacks_are_marked(text: str, other: str, marked: list[str]) -> None:
    assert differing(text, other) == marked
    assert "".join(piece.text for piece in pieces(text, other)) == text


def test_an_endless_text_is_cut_before_it_is_looked_at() -> None:
    found = pieces("word same " * 1_000_000, "other same " * 1_000_000)

    assert len("".join(piece.text for piece in found)) == LONGEST + 1


def test_numbers_have_the_digits_that_their_measure_is_worth() -> None:
    assert number(0.123456) == "0.1235"
    assert signed(-0.5, "words") == "\u22120.5"
    assert signed(0.0, "attempts") == "0.00"


def test_the_page_loads_from_disk_without_complaint_or_network(page: Page) -> None:
    assert page.problems == []
    assert [each for each in page.requests if not each.startswith(("file:", "data:"))] == []
    assert page.js("document.querySelectorAll('article.compared').length") == 3


def test_hostile_texts_do_nothing(page: Page) -> None:
    assert page.js("window.owned") is None
    assert (
        page.js("document.querySelectorAll('main script, main svg[onload], [onerror]').length") == 0
    )
    assert HOSTILE[0] in page.js("document.querySelector('article h4').textContent")
    assert page.js("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_narrow_page_scrolls_downwards_alone(page: Page) -> None:
    size = {"height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.call("Emulation.setDeviceMetricsOverride", width=400, **size)
    try:
        assert page.js("document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")


def test_frames_are_shown_and_sound_plays(page: Page) -> None:
    page.js("document.querySelectorAll('img').forEach(each => { each.loading = 'eager' })")
    page.wait("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    assert page.js("document.images.length") == 3
    heard = "new Promise(done => { a.onended = () => done(a.duration); a.play() })"
    assert (
        page.js(f"(() => {{ const a = document.querySelector('audio'); return {heard} }})()") > 0.1
    )


def test_what_differs_is_marked_on_both_sides(page: Page) -> None:
    marks = page.js(
        "[...document.querySelector('article').querySelectorAll('mark')].map(m => m.textContent)"
    )
    assert marks == ["red", "blue"]


def test_gains_and_losses_stand_apart(page: Page) -> None:
    heads = page.js("[...document.querySelectorAll('#clips h3')].map(each => each.textContent)")
    assert heads == ["clip cosine of prompt: B is above", "clip cosine of prompt: A is above"]


def test_what_scrolls_can_be_reached_by_keyboard(page: Page) -> None:
    assert page.js("[...document.querySelectorAll('.scroll')].every(each => each.tabIndex === 0)")
    page.js("document.activeElement.blur()")
    page.press("Tab")
    assert page.js("document.activeElement.tagName") == "A"


def test_print_shows_texts_whole(page: Page) -> None:
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        style = "getComputedStyle(document.querySelector('.columns .text')).maxHeight"
        assert page.js(style) == "none"
        assert page.js("getComputedStyle(document.querySelector('audio')).display") == "none"
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_the_page_runs_no_script_at_all(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)

    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    assert "script-src" not in policy[1]
    assert "<script" not in text


def test_the_figures_lie_beside_the_page(written: Path) -> None:
    found = Comparison.model_validate_json((written.parent / "comparison.json").read_bytes())

    assert written.parent.name == f"{ONE}--{TWO}"
    for clip in found.clips:
        assert clip.frame is not None
        assert clip.audio is not None
        assert (written.parent / clip.frame).is_file()
        assert (written.parent / clip.audio).is_file()


def test_texts_by_question_are_told_apart(tmp_path: Path) -> None:
    dataset = make(tmp_path / "data")
    for name in "ab":
        texts = {"style": {A0: f"neon {name}"}, "what": {A0: "a barn"}}
        write_answers(dataset, f"blip2-{name * 12}", texts)
    page = render_comparison(compare(dataset, empty_recipe(tmp_path), ["blip2-a", "blip2-b"]))

    assert page.count('<p class="quiet question"><bdi>style</bdi></p>') == 2


def test_a_clip_whose_media_is_gone_is_shown_without(tmp_path: Path) -> None:
    found, dataset = compared(tmp_path)
    dataset.tar(TRAIN).unlink()
    page = write_comparison(found, dataset).read_text(encoding="utf-8")

    assert page.count('<p class="absent">no frame</p>') == 2
    assert page.count("<audio") == 1


def test_a_second_comparison_takes_the_place_of_the_first(tmp_path: Path) -> None:
    found, dataset = compared(tmp_path)
    write_comparison(found, dataset)
    stray = dataset.comparisons_folder / folder_name(found) / "media" / "stray"
    stray.write_bytes(b"old")
    write_comparison(found, dataset)

    assert not stray.exists()
    assert [each.name for each in dataset.comparisons_folder.iterdir()] == [f"{ONE}--{TWO}"]


def test_something_else_in_the_folders_place_is_left_alone(tmp_path: Path) -> None:
    found, dataset = compared(tmp_path)
    folder = dataset.comparisons_folder / folder_name(found)
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("mine")

    with pytest.raises(DatasetError, match="holds something else"):
        write_comparison(found, dataset)
    assert (folder / "thesis.tex").read_text() == "mine"


def test_an_error_leaves_the_earlier_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, dataset = compared(tmp_path)
    page = write_comparison(found, dataset)
    before = page.read_bytes()

    def fail(comparison: Comparison) -> str:
        raise OSError(5, "the disk is broken")

    monkeypatch.setattr(write_module, "render_comparison", fail)
    with pytest.raises(OSError, match="broken"):
        write_comparison(found, dataset)
    assert page.read_bytes() == before
    assert [each.name for each in dataset.comparisons_folder.iterdir()] == [f"{ONE}--{TWO}"]


def test_a_folder_of_many_variants_has_a_name_that_file_systems_take(tmp_path: Path) -> None:
    found, _ = compared(tmp_path)
    many = [
        found.variants[0].model_copy(update={"variant": f"a_long_stage_name_{n}-{'0' * 12}"})
        for n in range(8)
    ]

    assert len(folder_name(found.model_copy(update={"variants": many}))) < 120


def test_equal_comparisons_are_equal_bytes(tmp_path: Path) -> None:
    found, _ = compared(tmp_path)

    assert render_comparison(found) == render_comparison(found)
    assert json.loads(found.model_dump_json())["common"] == 4
