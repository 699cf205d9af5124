"""Scores, prompts and distributions, against figures worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.distributions import bin_edges, distribution, quantile
from pipeline.audit.prompts import summarise_prompts
from pipeline.audit.scores import summarise_scores
from tests.pipeline.audit.audit_data import clip, dataset, score, small, step, video

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


def test_score_of_prompts_by_hand() -> None:
    prompt = summarise_scores(small())[0]

    assert (prompt.step, prompt.metric, prompt.subject) == ("clip_score", "clip_cosine", "prompt")
    assert prompt.values is not None
    assert prompt.values.count == 4
    assert prompt.values.mean == pytest.approx(0.125)
    assert (prompt.values.min, prompt.values.max) == (-0.1, 0.3)
    quartile, median = (prompt.values.quantiles[n].value for n in (1, 2))
    assert (quartile, median) == (pytest.approx(0.05), pytest.approx(0.15))
    assert prompt.clipscore == pytest.approx((0.1 + 0.3 + 0 + 0.2) / 4)
    assert prompt.clipscore_hessel == pytest.approx((0.25 + 0.75 + 0 + 0.5) / 4)
    assert prompt.truncated == 1


@pytest.mark.parametrize("metric", ["siglip_cosine", "clap_cosine"])
def test_clipscore_is_made_of_clips_cosines_alone(metric: str) -> None:
    one = clip("local-a", 0.0)
    steps = [
        step("s", "scores", [score(one.clip_id, 0.5, metric=metric)]),
        step("clip_score", "scores", [score(one.clip_id, 0.5)]),
    ]

    other, clips = summarise_scores(dataset([video("local-a")], [one], steps))
    assert other.values is not None
    assert other.values.mean == 0.5
    assert other.clipscore is None
    assert (clips.clipscore, clips.clipscore_hessel) == (0.5, 1.25)


def test_histograms_of_one_metric_share_their_bins() -> None:
    prompt, answer = summarise_scores(small())

    assert prompt.values is not None
    assert answer.values is not None
    assert prompt.values.histogram.edges == answer.values.histogram.edges
    assert sum(prompt.values.histogram.counts) == 4
    assert sum(answer.values.histogram.counts) == 1


def test_values_that_are_no_numbers_are_left_out_and_counted() -> None:
    clips = [clip("local-a", 0.0), clip("local-a", 10.0)]
    values = [score(clips[0].clip_id, math.nan), score(clips[1].clip_id, 0.5)]
    data = dataset([video("local-a")], clips, [step("s", "scores", list(values))])

    (summary,) = summarise_scores(data)
    assert summary.not_finite == 1
    assert summary.values is not None
    assert summary.values.mean == 0.5


def test_a_score_without_any_number_has_no_distribution() -> None:
    clips = [clip("local-a", 0.0)]
    data = dataset(
        [video("local-a")], clips, [step("s", "scores", [score(clips[0].clip_id, math.inf)])]
    )

    (summary,) = summarise_scores(data)
    assert summary.values is None
    assert summary.clipscore is None


def test_prompts_by_hand() -> None:
    (prompts,) = summarise_prompts(small())

    assert prompts.prompts == 4
    assert prompts.words is not None
    assert prompts.words.mean == 25.0
    assert prompts.clip_tokens is not None
    assert prompts.clip_tokens.count == 3
    assert prompts.truncated == 1
    assert prompts.truncated_share == pytest.approx(1 / 3)
    assert prompts.asked_again == 1
    assert prompts.violating == 2
    assert list(prompts.violations.items()) == [("too_long", 2), ("music_word", 1)]


def test_a_prompt_step_without_rows_is_still_reported() -> None:
    (prompts,) = summarise_prompts(dataset([], [], [step("summarise", "prompts", [])]))

    assert prompts.prompts == 0
    assert prompts.words is None
    assert prompts.truncated_share is None


@given(st.lists(FINITE, min_size=1, max_size=200), st.floats(0, 1))
def test_quantiles_are_those_of_numpy(values: list[float], share: float) -> None:
    assert quantile(sorted(values), share) == pytest.approx(np.quantile(values, share), abs=1e-6)


@given(st.lists(FINITE, min_size=1, max_size=200))
def test_every_value_falls_into_one_of_few_bins(values: list[float]) -> None:
    edges = bin_edges(values)

    assert edges == sorted(set(edges))
    assert len(edges) <= 34
    assert sum(distribution(values, edges).histogram.counts) == len(values)


@pytest.mark.parametrize("values", [[5e-324], [-5e-324, 5e-324], [0.0, 1e-310], [1e-300]])
def test_values_next_to_nothing_have_bins(values: list[float]) -> None:
    assert sum(distribution(values, bin_edges(values)).histogram.counts) == len(values)


def test_bins_have_round_edges() -> None:
    assert bin_edges([0.0, 0.3])[:4] == [0.0, 0.01, 0.02, 0.03]
    assert bin_edges([3, 7]) == [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


def test_a_value_on_an_edge_counts_upwards() -> None:
    edges = bin_edges([0.0, 0.3])
    counts = distribution([0.0, 0.1, 0.3], edges).histogram.counts

    assert [edges[n] for n, count in enumerate(counts) if count] == [0.0, 0.1, 0.3]
