"""Charts: what is drawn, where, and that texts from outside stay texts."""

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from pipeline.audit import charts
from pipeline.audit.charts import theme
from pipeline.audit.charts.bins import bin_rows, outline, span
from pipeline.audit.charts.heat import heat
from pipeline.audit.charts.rows import BarRow, Segment, bars
from pipeline.audit.charts.text import name, number
from pipeline.audit.outcomes import summarise_drops
from pipeline.audit.summary import summarise_counts
from schemas.report import ClipScores, Overlap, Provenance
from tests.pipeline.audit.audit_data import empty, small
from tests.pipeline.audit.full_report import around, full, of, overlap, prompts, score, spread
from tests.pipeline.audit.hostile_texts import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
RECT = re.compile(r"M(-?[\d.e-]+),(-?[\d.e-]+)h(-?[\d.e-]+)v(-?[\d.e-]+)h")


def parts(drawing: Markup) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing).iter())  # noqa: S314 - our own


def labels(drawing: Markup) -> list[str]:
    """What readers are told of the marks, in their order."""
    _, *marks = parts(drawing)
    return [mark.attrib["aria-label"] for mark in marks if "aria-label" in mark.attrib]


def texts(drawing: Markup) -> list[str]:
    return [part.text or "" for part in parts(drawing) if part.tag == f"{SVG}text"]


def widths(drawing: Markup, colour: str) -> list[float]:
    """Of all rectangles of a colour."""
    found = [part for part in parts(drawing) if part.get("fill") == colour]
    shapes = [RECT.match(part.get("d", "")) for part in found]
    return [float(shape[3]) for shape in shapes if shape]


def test_each_bin_that_holds_something_is_a_mark_with_its_count() -> None:
    drawing = charts.histogram(of([0.0, 0.01, 0.01, 0.3]), "score")

    assert labels(drawing) == [
        "0.00 to under 0.01: 1 (25 %)",
        "0.01 to under 0.02: 2 (50 %)",
        "0.30 to under 0.31: 1 (25 %)",
        "middle 90 %: 0.002 to 0.256",
        "middle 50 %: 0.007 to 0.082",
        "median 0.010",
    ]


def test_bars_stand_on_the_axis_as_high_as_their_counts() -> None:
    drawing = charts.histogram(of([0.0, 0.01, 0.01, 0.3]), "score")
    shapes = [RECT.match(part.get("d", "")) for part in parts(drawing) if part.get("fill")]
    boxes = [(float(shape[2]), float(shape[4])) for shape in shapes if shape]

    assert [height for _, height in boxes] == pytest.approx([46, 92, 46])
    assert [top + height for top, height in boxes] == pytest.approx([92, 92, 92])


def test_a_histogram_says_what_it_shows() -> None:
    drawing = charts.histogram(of([3, 4, 8]), "words")
    (svg, *_) = parts(drawing)

    assert (svg.get("role"), svg.get("tabindex")) == ("img", "0")
    assert svg.get("aria-label") == "Histogram of words: 3 values from 3.0 to 8.0, median 4.0."


def test_own_and_shuffled_cover_equal_areas() -> None:
    own, floor = spread(0.3, 0.04, 900), of([0.1, 0.1, 0.2])
    area = sum(
        (float(row["high"]) - float(row["low"])) * float(row["height"]) for row in bin_rows(own)
    )
    corners = outline(floor.histogram)
    other = sum(
        (float(after["low"]) - float(before["low"])) * float(before["height"])
        for before, after in pairwise(corners)
    )

    assert area == pytest.approx(1)
    assert other == pytest.approx(1)


def test_a_limit_near_the_values_is_within_the_chart_and_a_far_one_is_not() -> None:
    near, far = of([50, 60, 70]), of([3, 4, 5])

    assert "77" in texts(charts.histogram(near, "tokens", limit=(77, "77")))
    assert "77" not in texts(charts.histogram(far, "tokens", limit=(77, "77")))


def test_a_single_bin_is_no_block() -> None:
    low, high = span([of([5, 5]).histogram])

    assert high - low == 8


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=50))
def test_bars_stay_within_their_frame(values: list[float]) -> None:
    drawing = charts.histogram(of(values), "anything")

    found = [part for part in parts(drawing) if part.get("fill") == theme.DATA]
    assert found
    for part in found:
        shape = RECT.match(part.get("d", ""))
        assert shape
        left, top, width, height = map(float, shape.groups())
        assert left >= -0.01
        assert left + width <= 262.01
        assert top >= -0.01
        assert 0 < height <= 92.01
    assert 1 <= len(texts(drawing)) <= 12


@pytest.mark.parametrize(
    "values", [[5e-324], [0.0, 1e-310], [1e-300, 3e-300], [-1e12, 1e12], [7.0] * 9, [0.0]]
)
def test_extreme_values_are_drawn(values: Sequence[float]) -> None:
    drawing = charts.histogram(of(values), "extreme", floor=of(values))

    assert labels(drawing)
    assert "NaN" not in drawing
    assert "Infinity" not in drawing


def test_the_waterfall_ends_at_the_videos_with_clips() -> None:
    data = small()
    drawing = charts.waterfall(summarise_counts(data), summarise_drops(data))

    assert labels(drawing) == [
        "listed: 7 videos (100 %)",
        "lost at fetch: 6 videos left",
        "lost at fetch: 1 video (14.3 %)",
        "lost at screening: 5 videos left",
        "lost at screening: 1 video (14.3 %)",
        "lost at cutting: 4 videos left",
        "lost at cutting: 1 video (14.3 %)",
        "still waiting: 3 videos left",
        "still waiting: 1 video (14.3 %)",
        "with clips: 3 videos (42.9 %)",
    ]
    listed, kept = widths(drawing, theme.DATA)
    assert kept / listed == pytest.approx(3 / 7)
    assert widths(drawing, theme.LOST) == pytest.approx([listed / 7] * 3)


def test_there_is_no_waterfall_without_videos() -> None:
    assert charts.waterfall(summarise_counts(empty()), []) == ""


def test_violations_are_told_with_their_counts() -> None:
    drawing = charts.rates({"too_long": 30, "music_word": 10}, 120, "Rules")

    assert labels(drawing) == ["too_long: 30 of 120", "music_word: 10 of 120"]
    longest, other = widths(drawing, theme.LOST)
    assert other / longest == pytest.approx(1 / 3)
    assert {"25 %", "8.3 %"} <= set(texts(drawing))


def test_groups_are_splits_then_the_largest_sources_then_the_floor() -> None:
    drawing = charts.groups(score("prompt", 0.26))
    heads = [label for label in labels(drawing) if "values, mean" in label]

    assert [head.partition(":")[0] for head in heads] == [
        "eval",
        "train",
        "amv",
        "folder",
        "yt8m_mv",
        "shuffled pairs",
    ]


def test_one_split_of_one_source_is_nothing_to_compare() -> None:
    alone = spread(0.3, 0.1)
    only = score("prompt", 0.3).model_copy(
        update={"by_split": {"train": alone}, "by_source": {"amv": alone}}
    )

    assert charts.groups(only) == ""


def test_two_hundred_sources_make_one_chart_of_bounded_size() -> None:
    many = {f"source-{place:03d}": spread(0.3, 0.1, 20 + place) for place in range(200)}
    drawing = charts.groups(score("prompt", 0.3).model_copy(update={"by_source": many}))

    assert "source-199" in drawing
    assert "source-000" not in drawing
    assert len([text for text in texts(drawing) if text.startswith("source-")]) < 14


def test_intervals_name_every_mean_and_the_published_figures() -> None:
    line = ClipScores(
        name="mine", clips=5, clipscore=around(0.26), b_clipscore=None, shuffled=around(0.16)
    )
    drawing = charts.intervals([line])

    assert labels(drawing) == [
        "mine: CLIPScore 0.2600, 95 % interval 0.2560 to 0.2640",
        "mine: shuffled 0.1600, 95 % interval 0.1560 to 0.1640",
    ]
    assert {"YT8m-MV", "AMV"} <= set(texts(drawing))


def test_words_carry_both_shares() -> None:
    variety = prompts().variety
    assert variety
    drawing = charts.word_shares(variety.overused, variety.reference)

    assert labels(drawing)[:2] == [
        "whimsical: 3 % of DiffusionDB",
        "whimsical: 33 % of prompts",
    ]


def test_the_parts_of_a_prompt_fill_the_bar() -> None:
    shares = Provenance(prompts=3, both=0.1, frame_only=0.2, music_only=0.3, neither=0.4)
    drawing = charts.provenance(shares)
    colours = (theme.DATA, theme.SOFT, theme.MUSIC, theme.WAITS)

    found = [widths(drawing, colour)[0] for colour in colours]
    assert [width / sum(found) for width in found] == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_a_heat_map_has_one_cell_a_pair() -> None:
    pairs = [
        overlap("prompt", "answer:mood", 0.4),
        overlap("prompt", "music_caption", 0.1),
        overlap("answer:mood", "music_caption", 0.05),
    ]
    drawing = charts.overlap_map(pairs, "rouge_l")

    assert labels(drawing) == [
        "prompt and answer: mood: 0.400",
        "prompt and music caption: 0.100",
        "answer: mood and music caption: 0.050",
    ]
    strengths = [
        float(part.attrib["fill-opacity"]) for part in parts(drawing) if part.get("fill-opacity")
    ]
    assert strengths == sorted(strengths, reverse=True)
    assert max(strengths) <= 0.5


def test_a_measure_that_nobody_took_has_no_map() -> None:
    pair: Overlap = overlap("prompt", "music_caption", 0.1)

    assert charts.overlap_map([pair.model_copy(update={"bert_score": None})], "bert_score") == ""
    assert charts.overlap_map([], "rouge_l") == ""


def test_a_heat_map_of_equal_values_is_drawn() -> None:
    assert len(labels(heat(["a", "b", "c"], {(0, 1): 0.3, (0, 2): 0.3}, "equal"))) == 2


@pytest.mark.parametrize("hostile", [*HOSTILE, "x" * 300, "\u05e9\u05dc\u05d5\u05dd" * 90])
def test_hostile_names_are_escaped_cut_and_move_nothing(hostile: str) -> None:
    row = [BarRow(hostile, [Segment(0, 1, theme.DATA, hostile)], "1")]
    plain = [BarRow("plain", [Segment(0, 1, theme.DATA, "plain")], "1")]
    drawing, other = bars(row, hostile), bars(plain, "plain")

    assert "<script" not in drawing
    assert "<img" not in drawing
    assert {part.tag for part in parts(drawing)} == {part.tag for part in parts(other)}
    assert parts(drawing)[0].get("viewBox") == parts(other)[0].get("viewBox")
    assert all(len(text) < 60 for text in texts(drawing))
    assert all(len(label) < 170 for label in labels(drawing))
    assert not re.search(r"[\x00-\x1f\u200e\u200f\u202a-\u202e\u2066-\u2069]", drawing)


def test_names_that_look_alike_when_cut_stay_two_rows() -> None:
    long = "a" * 200
    rows = {f"{long}1": 3, f"{long}2": 2}

    assert len(labels(charts.rates(rows, 5, "Rules"))) == 2


def test_expressions_in_names_are_not_run() -> None:
    drawing = charts.rates({"datum.low": 1, "{{ 7 * 7 }}": 1, "[1,2]": 1, "a\nb": 1}, 4, "Rules")

    assert {"datum.low", "{{ 7 * 7 }}", "[1,2]", "a b"} <= set(texts(drawing))


def test_a_name_keeps_what_can_be_read() -> None:
    assert name("left \u202eright\n\tto \u2067left") == "left right to left"
    for kept in ("caf\u00e9", "\u0928\u094d\u200d\u092f", "\u05e9\u05dc\u05d5\u05dd"):
        assert name(kept) == kept
    assert len(name("w" * 300)) == 80


def test_a_label_cut_among_emoji_is_drawn() -> None:
    for long in ("\U0001f3b5" * 60, "a" + "\U0001f3b5" * 60):
        assert len(labels(charts.rates({long: 1}, 2, "Rules"))) == 1


def test_numbers_have_as_many_digits_as_tell_them_apart() -> None:
    assert number(0.12345, 0.01) == "0.12"
    assert number(-1234.5, 1) == "\u22121,234"
    assert number(3e-300, 1e-300) == "3e\u2212300"


def test_colours_are_the_style_sheets_alone() -> None:
    report = full()
    drawings = [
        charts.waterfall(report.counts, report.drops),
        charts.groups(report.scores[0]),
        charts.intervals(report.clipscores),
        charts.overlap_map(report.overlaps, "rouge_l"),
    ]
    colours = {
        part.attrib[kind]
        for drawing in drawings
        for part in parts(drawing)
        for kind in ("fill", "stroke")
        if kind in part.attrib
    }

    assert {colour for colour in colours if not colour.startswith("var(--")} <= {"none"}
