"""Intervals of means, where clips of one video are alike."""

import time
from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.audit.bootstrap import interval_of_mean
from schemas.report import Interval

VIDEOS, CLIPS = 30, 4


def sample(seed: int) -> dict[str, Sequence[float]]:
    """Videos whose clips are alike: what a video has in common varies twice as much as its
    clips. The true mean is 0.3."""
    generator = np.random.default_rng(seed)
    common = generator.normal(0.3, 0.1, (VIDEOS, 1))
    values = common + generator.normal(0, 0.05, (VIDEOS, CLIPS))
    return {f"v{n:02d}": list(map(float, row)) for n, row in enumerate(values)}


def test_it_covers_the_true_mean_as_often_as_it_says() -> None:
    intervals = [interval_of_mean(sample(seed), "made") for seed in range(300)]

    covered = sum(each.low <= 0.3 <= each.high for each in intervals) / len(intervals)
    assert 0.89 <= covered <= 0.98


def test_drawing_clips_instead_of_videos_would_be_too_sure() -> None:
    values = sample(1)
    apart = {f"{video}/{n}": [v] for video, row in values.items() for n, v in enumerate(row)}

    by_video, by_clip = interval_of_mean(values, "made"), interval_of_mean(apart, "made")
    assert by_video.high - by_video.low > 1.5 * (by_clip.high - by_clip.low)


def test_it_agrees_with_the_normal_interval_of_many_independent_values() -> None:
    values = np.random.default_rng(0).exponential(1.0, 5000)
    error = 1.96 * values.std() / np.sqrt(len(values))

    found = interval_of_mean({f"v{n}": [float(v)] for n, v in enumerate(values)}, "made")
    assert found.low == pytest.approx(values.mean() - error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + error, abs=0.15 * error)


def test_a_video_weighs_as_many_clips_as_it_has() -> None:
    """All draws of two videos: twice the one, both, or twice the other."""
    found = interval_of_mean({"one": [0.0], "other": [1.0, 1.0, 1.0]}, "made")

    assert found == Interval(low=0.0, high=1.0)


def test_one_video_draws_itself() -> None:
    assert interval_of_mean({"v": [0.25, 0.75]}, "made") == Interval(low=0.5, high=0.5)


def test_equal_values_leave_no_doubt() -> None:
    values = {f"v{n}": [0.1] * (1 + n % 3) for n in range(50)}

    assert interval_of_mean(values, "made") == Interval(low=0.1, high=0.1)


def test_neither_order_nor_empty_videos_change_it() -> None:
    values = sample(2)
    turned = {video: values[video][::-1] for video in reversed(values)} | {"a": [], "z": []}

    assert interval_of_mean(turned, "made") == interval_of_mean(values, "made")


def test_another_name_draws_other_resamples() -> None:
    one, other = interval_of_mean(sample(3), "one"), interval_of_mean(sample(3), "other")

    assert one != other
    assert one.low == pytest.approx(other.low, abs=0.01)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no values of made"):
        interval_of_mean({"v": []}, "made")


def test_a_large_dataset_takes_less_than_a_second() -> None:
    drawn = np.random.default_rng(0).random((20_000, 5)).tolist()
    values = {f"v{n}": row for n, row in enumerate(drawn)}

    started = time.process_time()
    interval_of_mean(values, "made")
    assert time.process_time() - started < 1
