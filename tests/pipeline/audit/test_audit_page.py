"""The page: complete, well-formed, and calm where figures are missing or extreme."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from pipeline.audit.page import agreement, render_page
from schemas.report import Breakdown, Report
from tests.pipeline.audit.full_report import (
    bare,
    counts,
    full,
    measured,
    overlap,
    prompts,
    score,
)
from tests.pipeline.audit.hostile_texts import HOSTILE

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Outline(HTMLParser):
    """What a page is made of; complains where elements do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, key, value or "") for key, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def whole() -> Outline:
    return Outline(render_page(full()))


def test_every_figure_has_a_chart(whole: Outline) -> None:
    drawn = [value for tag, key, value in whole.attributes if (tag, key) == ("svg", "class")]
    said = [value for tag, key, value in whole.attributes if (tag, key) == ("svg", "aria-label")]

    assert drawn.count("drawing") == len(said) == 26
    assert all(said)
    assert len([text for text in said if text.startswith("Histogram of ")]) == 16


def test_every_id_is_there_once_and_every_link_has_its_target(whole: Outline) -> None:
    ids = [value for _, key, value in whole.attributes if key == "id"]
    links = [value[1:] for _, key, value in whole.attributes if key == "href" and value[0] == "#"]

    assert len(ids) == len(set(ids))
    assert links
    assert set(links) <= set(ids)


def test_nothing_asks_a_network_or_runs_in_an_attribute(whole: Outline) -> None:
    loaded = {
        value
        for tag, key, value in whole.attributes
        if key in ("src", "srcset", "href", "xlink:href", "action", "data") and tag != "a"
    }

    assert loaded == set()
    assert not [key for _, key, _ in whole.attributes if key.startswith("on") or key == "style"]


def test_the_table_of_clipscores_shows_means_with_intervals(whole: Outline) -> None:
    assert "amv 4,000 0.2680 0.264\u20130.272 0.2490 0.245\u20130.253 0.1610" in whole.text
    assert "0.2717 is published for YT8m-MV; 0.2863 is published for AMV" in whole.text


def test_scores_show_gap_and_won(whole: Outline) -> None:
    assert "prompt 0.258\u20130.266 0.262 0.655 0.162 0.100 0.096\u20130.104 95.7 %" in whole.text


def test_agreement_of_captions_is_told_in_a_sentence(whole: Outline) -> None:
    assert "Music and frame captions of one clip have 0.070 in common by ROUGE-L." in whole.text


def test_agreement_is_the_mean_over_pairs_of_two_kinds() -> None:
    pairs = [
        overlap("answer:mood (blip2)", "music_caption", 0.1),
        overlap("music_caption", "answer:style (vlm)", 0.3),
        overlap("answer:mood (blip2)", "answer:style (vlm)", 0.9),
        overlap("prompt", "music_caption", 0.4),
    ]
    found = agreement(pairs)

    assert found["answer music_caption"] == pytest.approx(0.2)
    assert found["music_caption prompt"] == pytest.approx(0.4)
    assert agreement([]) == {}


def test_a_report_of_nothing_says_so_in_every_section() -> None:
    page = Outline(render_page(bare()))

    assert page.tags["figure"] == 0
    for sentence in (
        "No video is listed",
        "The recipe has no annotation steps.",
        "There are no scores",
        "The recipe has no step that writes prompts.",
        "No two kinds of text",
        "Nothing was measured.",
        "There are no clips to look at.",
    ):
        assert sentence in page.text
    assert not re.search(r"\bNone\b|nan|Undefined", page.text)


@pytest.mark.parametrize(
    "values",
    [[0.25], [0.25] * 50, [0.0], [-1e-300, 1e-300], [5e-324], [-1e15, 1e15], [1e-9, 2e-9]],
    ids=["one clip", "constant", "zero", "tiny", "denormal", "huge", "small"],
)
def test_extreme_figures_give_a_page(values: list[float]) -> None:
    page = render_page(measured(values))

    assert Outline(page).tags["figure"] == 19
    assert not re.search(r"\bNaN\b|\bInfinity\b|\binf\b|\bnan\b", page.partition("</main>")[0])


def without(report: Report, **fields: object) -> Report:
    return report.model_copy(update=fields)


def test_figures_that_were_not_taken_leave_no_holes() -> None:
    written = prompts().model_copy(
        update={"variety": None, "provenance": None, "likeness": None, "clip_tokens": None}
        | {"truncated_share": None, "violations": {}, "words": None}
    )
    alone = score("prompt", 0.2, floor=False).model_copy(
        update={"interval": None, "clipscore": None, "clipscore_hessel": None}
        | {"by_split": {}, "by_source": {}}
    )
    missing = alone.model_copy(update={"values": None, "not_finite": 7})
    page = Outline(
        render_page(
            without(full(), prompts=[written], scores=[alone, missing], clipscores=[], overlaps=[])
        )
    )

    assert "7 scores of prompt are not numbers" in page.text
    assert not re.search(r"\bNone\b|nan|Undefined", page.text)


def test_two_hundred_sources_stay_readable() -> None:
    names = [f"source-{place:03d}" for place in range(200)]
    line = full().clipscores[0]
    report = without(
        full(),
        counts=Breakdown(
            total=counts(2000, 0, 0, 100),
            by_split={},
            by_source={name: counts(10, 0, 0, 5) for name in names},
        ),
        clipscores=[line.model_copy(update={"name": name}) for name in names],
    )
    page = render_page(report)

    assert len(page) < 700_000
    assert all(page.count(name) >= 2 for name in names)
    assert "scroll tall" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_texts(text: str) -> None:
    plain, page = (
        Outline(render_page(measured([0.1, 0.2]))),
        Outline(render_page(measured([0.1, 0.2], text))),
    )

    assert page.tags == plain.tags
    assert Counter(key for _, key, _ in page.attributes) == Counter(
        key for _, key, _ in plain.attributes
    )


def test_equal_reports_give_equal_pages() -> None:
    assert render_page(full()) == render_page(full())
