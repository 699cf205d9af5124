"""The gallery as a reader looks for clips: pages, sorting, filters, search, addresses."""

from pathlib import Path

from tests.pipeline.audit.browser import Page
from tests.pipeline.audit.gallery_pages import (
    A0,
    A1,
    CLIPS,
    B,
    C,
    click,
    fill,
    long,
    parts,
    show,
    shown,
    told,
    visit,
)


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
