"""Intervals, splits, floors and the table of datasets, against figures worked out by hand."""

import math
from dataclasses import replace

import pytest

from pipeline.audit.clipscores import clipscores
from pipeline.audit.data import AuditData
from pipeline.audit.scores import summarise_scores, win_rate
from schemas.report import Interval
from schemas.score import Score
from tests.pipeline.audit.audit_data import clip, dataset, score, step, video

CLIPS = [
    clip("local-a", 0.0),
    clip("local-a", 20.0),
    clip("local-b", 10.0),
    clip("local-c", 30.0, "eval"),
]
A0, A1, B, C = (each.clip_id for each in CLIPS)


def with_floor() -> AuditData:
    """Two sources; own scores of 0.1, 0.3, -0.1 and 0.2; shuffled ones of all but the last."""
    rows = [
        score(A0, 0.1),
        score(A1, 0.3),
        score(B, -0.1),
        score(C, 0.2),
        score(A0, 0.25, "answer:style"),
        score(A0, -0.05, "answer:mood"),
        score(C, 0.4, "answer:style"),
        score(A0, 0.1, "shuffled:prompt"),
        score(A1, -0.1, "shuffled:prompt"),
        score(B, 0.2, "shuffled:prompt"),
    ]
    videos = [video("local-a"), video("local-b"), video("local-c", "eval", "urls")]
    return dataset(videos, CLIPS, [step("clip_score", "scores", list(rows))])


def test_shuffled_pairs_are_no_texts_of_their_own() -> None:
    assert [each.subject for each in summarise_scores(with_floor())] == [
        "prompt",
        "answer:mood",
        "answer:style",
    ]


def test_the_floor_by_hand() -> None:
    prompt = summarise_scores(with_floor())[0]
    floor = prompt.floor

    assert floor is not None
    assert floor.values.count == 3
    assert floor.values.mean == pytest.approx(0.2 / 3)
    assert floor.clipscore == pytest.approx(0.3 / 3)
    assert floor.gap == pytest.approx((0.0 + 0.4 - 0.3) / 3)  # the clip without a pair has no part
    assert floor.won == pytest.approx((0.5 + 1 + 0) / 3)
    assert prompt.values is not None
    assert floor.values.histogram.edges == prompt.values.histogram.edges


def test_the_gaps_interval_draws_videos() -> None:
    """Drawing two of the videos gives one's mean gap, the other's, or that of all three clips."""
    floor = summarise_scores(with_floor())[0].floor

    assert floor is not None
    assert floor.gap_interval.low == pytest.approx(-0.3)
    assert floor.gap_interval.high == pytest.approx((0.0 + 0.4) / 2)


def test_a_subject_that_was_not_shuffled_has_no_floor() -> None:
    assert [each.floor for each in summarise_scores(with_floor())[1:]] == [None, None]


def test_a_pair_that_is_no_number_is_in_no_gap() -> None:
    data = with_floor()
    rows = [row for row in data.steps[0].rows if isinstance(row, Score)]
    broken = [
        replace_value(row, math.nan) if (row.clip_id, row.subject) == (A1, "prompt") else row
        for row in rows
    ]
    prompt = summarise_scores(replace(data, steps=[step("clip_score", "scores", list(broken))]))[0]

    assert prompt.not_finite == 1
    assert prompt.floor is not None
    assert prompt.floor.gap == pytest.approx((0.0 - 0.3) / 2)


def replace_value(row: Score, value: float) -> Score:
    return row.model_copy(update={"value": value})


def test_scores_by_split_and_source_share_the_wholes_bins() -> None:
    prompt = summarise_scores(with_floor())[0]

    assert prompt.values is not None
    assert {name: part.mean for name, part in prompt.by_split.items()} == {
        "eval": 0.2,
        "train": pytest.approx(0.1),
    }
    assert {name: part.count for name, part in prompt.by_source.items()} == {"folder": 3, "urls": 1}
    for part in (*prompt.by_split.values(), *prompt.by_source.values()):
        assert part.histogram.edges == prompt.values.histogram.edges


def test_the_interval_of_a_mean_draws_videos() -> None:
    """The extremes of three draws of the videos a (0.1 and 0.3), b (-0.1) and c (0.2)."""
    interval = summarise_scores(with_floor())[0].interval

    assert interval is not None
    assert interval.low == pytest.approx(-0.1)
    assert interval.high == pytest.approx(0.2)


def test_the_table_of_datasets_by_hand() -> None:
    whole, folder, urls = clipscores(with_floor())

    assert [row.name for row in (whole, folder, urls)] == ["small", "folder", "urls"]
    assert [row.clips for row in (whole, folder, urls)] == [4, 3, 1]
    assert whole.clipscore is not None
    assert whole.clipscore.value == pytest.approx((0.1 + 0.3 + 0 + 0.2) / 4)
    assert whole.b_clipscore is not None
    assert whole.b_clipscore.value == pytest.approx((0.25 + 0 + 0.4) / 3)
    assert whole.shuffled is not None
    assert whole.shuffled.value == pytest.approx((0.1 + 0 + 0.2) / 3)
    assert folder.clipscore is not None
    assert folder.clipscore.value == pytest.approx(0.4 / 3)
    assert urls.clipscore is not None
    assert (urls.clipscore.value, urls.clipscore.interval) == (0.2, Interval(low=0.2, high=0.2))
    assert urls.shuffled is None


def test_the_only_source_of_a_dataset_does_not_repeat_its_figures() -> None:
    videos = [video("local-a"), video("local-b")]
    (whole,) = clipscores(dataset(videos, CLIPS[:3], with_floor().steps))

    assert (whole.name, whole.clips) == ("small", 3)


def test_a_dataset_of_one_source_has_the_figures_that_it_has_as_a_source_among_others() -> None:
    videos = [video("local-a"), video("local-b")]
    (alone,) = clipscores(dataset(videos, CLIPS[:3], with_floor().steps))
    folder = clipscores(with_floor())[1]

    assert folder.name == "folder"
    assert folder.model_copy(update={"name": alone.name}) == alone


def test_figures_of_two_models_are_not_mixed() -> None:
    answers = step("answers_only", "scores", [score(A0, 0.9, "answer:style")])
    clap = step("clap", "scores", [score(A0, 0.8, metric="clap_cosine")])
    data = with_floor()

    whole = clipscores(replace(data, steps=[answers, clap, *data.steps]))[0]
    assert whole.b_clipscore is not None
    assert whole.b_clipscore.value == pytest.approx((0.25 + 0 + 0.4) / 3)


def test_without_prompts_the_answers_are_told() -> None:
    answers = step("clip_score", "scores", [score(A0, 0.9, "answer:style")])
    whole = clipscores(replace(with_floor(), steps=[answers]))[0]

    assert whole.clipscore is None
    assert whole.b_clipscore is not None
    assert whole.clips == 1


def test_without_clip_scores_there_is_no_table() -> None:
    clap = step("clap", "scores", [score(A0, 0.8, metric="clap_cosine")])

    assert clipscores(replace(with_floor(), steps=[clap])) == []


def test_equal_ones_count_half() -> None:
    assert win_rate([0.1, 0.0, -0.1, -0.2]) == 1.5 / 4
