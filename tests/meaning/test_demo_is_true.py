"""What the demo's dataset says about its frames and its music is so."""

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.demo_models.evaluate import Evaluation
from pipeline.demo.judging import BARS, Rates, floor, match, time_of
from pipeline.demo.scenes import render
from pipeline.inputs import ShardInputs
from pipeline.stages.decoding import decoded_frames
from schemas import CLIPS, VIDEOS

pytestmark = pytest.mark.timeout(900)

MARGIN = 0.4
"""Least distance of the mean cosines of prompts with their own frames, and with others."""


@pytest.mark.parametrize("name", BARS)
def test_what_the_demo_says_is_true_as_often_as_it_must_be(demo_rates: Rates, name: str) -> None:
    rate = demo_rates[name]
    assert rate.share >= BARS[name], f"{rate.hits} of {rate.out_of}"


def test_prompts_fit_their_own_frames_better_than_those_of_other_videos(demo: Evaluation) -> None:
    means = floor(demo.dataset, demo.recipe)
    assert means.matched > means.shuffled + MARGIN


def test_each_frame_shows_the_scene_that_it_is_judged_by(demo: Evaluation) -> None:
    videos = match(demo.dataset.read_all(VIDEOS), demo.made)
    clips = {clip.clip_id: clip for clip in demo.dataset.read_all(CLIPS)}
    step = demo.recipe.step("blip2")
    for shard in demo.dataset.shards():
        for clip_id, image in decoded_frames(ShardInputs(demo.dataset, step, shard), []):
            video = videos[clips[clip_id].video_id]
            t = time_of(clips[clip_id], video)
            others = [shot.scene for shot in video.shots if shot.scene != video.scene_at(t)]
            seen = np.asarray(image).astype(float)
            meant = away(seen, render(video.scene_at(t), t, *image.size))
            assert meant < min(away(seen, render(scene, t, *image.size)) for scene in others)
            assert meant < 12, clip_id


def away(one: NDArray[np.float64], other: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(one - other).mean())


def test_all_videos_of_the_demo_that_pass_the_screening_are_judged(demo: Evaluation) -> None:
    clips = demo.told()
    assert len(clips) == 21
    assert len({clip.tune for clip in clips}) == 7
    assert {clip.scene.style for clip in clips} == {
        *("flat", "outline", "sketch", "pixel art", "watercolour", "neon", "comic")
    }
