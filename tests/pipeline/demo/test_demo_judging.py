from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.demo.judging import (
    BARS,
    Rate,
    Told,
    below,
    floor,
    found,
    judge,
    match,
    ranked,
    time_of,
    told,
)
from pipeline.demo.scenes import draw_scene
from pipeline.demo.tunes import draw_tune
from pipeline.demo.videos import DemoVideo, Plan, Shot, plan_videos
from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, SCORES, VIDEOS
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.prompt import Prompt
from schemas.score import Score
from schemas.video import Video

SCENE = replace(
    draw_scene(1), shape="star", colour="red", count=2, style="comic", background="sea",
    weather="rain", time_of_day="dawn",
)  # fmt: skip
OTHER = replace(SCENE, shape="heart", colour="blue")
TUNE = replace(draw_tune(1), tempo=70, timbre="flute", density="sparse", drums="none")
MODEL = {"model": "m", "revision": "r"}


def prompt(text: str, violations: list[str] | None = None) -> Prompt:
    return Prompt(
        clip_id="c", text=text, first_answer=text, words=len(text.split()),
        violations=violations or [], **MODEL,
    )  # fmt: skip


RIGHT = Told(
    clip_id="c",
    scene=SCENE,
    tune=TUNE,
    answers={
        "description": "two red stars over the sea at dawn in the rain",
        "style": "a comic",
    },
    music="a slow piece on a flute, a sparse melody without drums",
    prompt=prompt("two red stars over the sea, a comic"),
)


def saying(description: str) -> Told:
    return replace(RIGHT, answers={**RIGHT.answers, "description": description})


def shares(*clips: Told) -> dict[str, float]:
    return {name: rate.share for name, rate in judge(clips).items()}


def test_all_rates_of_a_clip_about_which_all_is_said_rightly_are_1() -> None:
    assert set(shares(RIGHT).values()) == {1.0}


def test_the_rates_with_bars_are_judged_except_that_which_needs_a_model() -> None:
    assert BARS.keys() - judge([RIGHT]).keys() == {
        "pairs ranked right",
        "prompt found by its frame",
    }


def test_one_of_two_is_a_half() -> None:
    rate = judge([RIGHT, saying("two red hearts over the sea at dawn in the rain")])
    assert rate["shape and colour"] == rate["shape"] == Rate(1, 2)
    assert rate["colour"] == rate["count"] == Rate(2, 2)


def test_what_names_two_shapes_names_none() -> None:
    assert judge([saying("two red stars and a red heart")])["shape and colour"].hits == 0


def test_what_is_missing_is_wrong() -> None:
    silent = replace(RIGHT, answers={}, music=None, prompt=None)
    assert set(shares(silent).values()) == {0.0}


def test_of_a_video_without_sound_no_music_is_judged() -> None:
    rates = judge([RIGHT, replace(RIGHT, tune=None, music=None)])
    assert rates["tempo and timbre"] == rates["drums"] == Rate(1, 1)
    assert rates["style"] == Rate(2, 2)


def test_tempo_and_timbre_must_both_be_right() -> None:
    rates = judge([replace(RIGHT, music="a slow piece on a guitar, sparse, no drums")])
    assert rates["tempo"].hits == 1
    assert rates["tempo and timbre"].hits == 0


def test_nobody_need_say_that_stars_come_out_at_night() -> None:
    starry = replace(RIGHT, scene=replace(SCENE, background="stars", weather="clear"))
    rates = judge([RIGHT, starry])
    assert rates["weather"] == rates["time of day"] == Rate(1, 1)
    assert rates["background"] == Rate(1, 2)


def test_a_prompt_is_held_to_the_description_and_to_the_truth() -> None:
    misled = replace(saying("two blue hearts"), prompt=prompt("two blue hearts"))
    rates = judge([misled])
    assert (rates["subject in prompt"].hits, rates["true subject in prompt"].hits) == (1, 0)
    wilful = replace(saying("two blue hearts"), prompt=prompt("two red stars"))
    rates = judge([wilful])
    assert (rates["subject in prompt"].hits, rates["true subject in prompt"].hits) == (0, 1)


def test_a_prompt_that_follows_a_description_without_a_subject_keeps_none() -> None:
    assert (
        judge([replace(saying("a picture"), prompt=prompt("art"))])["subject in prompt"].hits == 0
    )


def test_a_prompt_that_breaks_a_rule_fails_its_checks() -> None:
    broken = replace(RIGHT, prompt=prompt("two red stars", ["list"]))
    assert judge([RIGHT, broken])["prompt checks"] == Rate(1, 2)


def test_a_prompt_is_found_where_none_of_the_others_fits_its_frame_as_well() -> None:
    clips = [RIGHT, replace(RIGHT, scene=OTHER)]
    assert found(np.array([[0.3, 0.2], [0.1, 0.4]]), clips) == Rate(2, 2)
    assert found(np.array([[0.3, 0.3], [0.1, 0.4]]), clips) == Rate(1, 2)
    assert found(np.array([[0.3, 0.5], [0.6, 0.4]]), clips) == Rate(0, 2)


def test_pairs_are_ranked_by_the_cosine_with_the_own_frame() -> None:
    clips = [RIGHT, replace(RIGHT, scene=OTHER)]
    assert ranked(np.array([[0.3, 0.2], [0.1, 0.4]]), clips) == Rate(2, 2)
    assert ranked(np.array([[0.3, 0.2], [0.5, 0.4]]), clips) == Rate(1, 2)
    assert ranked(np.array([[0.3, 0.3], [0.4, 0.4]]), clips) == Rate(0, 2)


@pytest.mark.parametrize(
    "other", [{"shape": "heart"}, {"colour": "blue"}, {"background": "city"}, {"style": "flat"}]
)
def test_clips_that_show_different_things_make_pairs(other: dict[str, str]) -> None:
    clips = [RIGHT, replace(RIGHT, scene=replace(SCENE, **other))]
    assert ranked(np.eye(2), clips) == Rate(2, 2)


def test_clips_that_show_the_same_make_no_pair() -> None:
    """In other weather, and in another number."""
    same = replace(RIGHT, scene=replace(SCENE, weather="snow", count=5))
    assert ranked(np.eye(2), [RIGHT, same]) == Rate(0, 0)


def test_nothing_of_nothing_passes_no_bar() -> None:
    assert below({name: Rate(0, 0) for name in BARS}) == list(BARS)
    assert below({name: Rate(1, 1) for name in BARS}) == []
    assert below({"style": Rate(79, 100), "weather": Rate(0, 100)}) == ["style"]
    assert below({"style": Rate(80, 100)}) == []


def test_videos_are_found_by_file_by_path_and_by_the_page_about_them() -> None:
    made = plan_videos()
    urls = [f"http://127.0.0.1:1/{video.link}" for video in made]
    urls += ["http://127.0.0.1:1/deleted-by-uploader.mp4", f"/videos/{made[2].file}"]
    assert made[2].link != made[2].file
    listed = [
        Video(video_id=f"v{n}", source="s", url=url, song_id="s", split="train", shard="x")
        for n, url in enumerate(urls)
    ]
    found = match(listed, made)
    assert [found[f"v{n}"] for n in range(len(made))] == made
    assert f"v{len(made)}" not in found
    assert found[f"v{len(made) + 1}"] == made[2]


def video(fps: Fraction = Fraction(15)) -> DemoVideo:
    """A cut from one scene to the other at 6 s."""
    plan = Plan("a", "A", "comic", "flute", 20, fps=fps)
    return DemoVideo(plan, 20, (Shot(0.0, SCENE), Shot(6.0, OTHER)), TUNE)


def clip(pts: float, number: int = 0) -> Clip:
    return Clip(
        clip_id=f"v0-{number:08}", video_id="v0", split="train", shard="train-000000",
        start_s=0, end_s=10, frame_s=pts, frame_pts_s=pts, frame_width=4, frame_height=3,
        sample_rate=48_000, rms=0.1, gain_db=0, audio_sha256="a", frame_sha256="b",
    )  # fmt: skip


@pytest.mark.parametrize("fps", [Fraction(15), Fraction(25, 2), Fraction(25), Fraction(5)])
def test_a_frames_time_is_that_of_its_drawing_however_the_container_rounds_it(
    fps: Fraction,
) -> None:
    made = video(fps)
    for number in range(round(20 * fps)):
        drawn = float(number / fps)
        for stored in (drawn, round(drawn, 3), drawn + 0.007):  # WebM starts with the sound
            assert time_of(clip(stored), made) == drawn


def test_frames_beside_a_cut_show_what_is_on_their_side() -> None:
    made = video()
    before, after = (time_of(clip(pts), made) for pts in (5.933, 6.0))
    assert (made.scene_at(before), made.scene_at(after)) == (SCENE, OTHER)


RECIPE = """
[dataset]
path = "data"
[source.mine]
kind = "folder"
path = "videos"
[stage.blip2]
[stage.lp_music_caps]
[stage.summarise]
[stage.clip_score]
"""


def test_a_datasets_rows_come_together_by_clip(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(RECIPE, encoding="utf-8")
    recipe = load(tmp_path / "my.toml")
    dataset, shard = Dataset(recipe.root), "train-000000"
    variants = {step.table: step.variant for step in recipe.steps}
    listed = Video(
        video_id="v0", source="mine", url="/x/a.mp4", song_id="s", split="train", shard=shard
    )
    dataset.write(VIDEOS, shard, [listed])
    clips = [clip(2.0), clip(8.0, 1)]
    dataset.write(CLIPS, shard, clips)
    captions = [
        FrameCaption(clip_id=one.clip_id, question=name, prompt="", answer=f"{name} {n}", **MODEL)
        for n, one in enumerate(clips)
        for name in ("description", "style")
    ]
    dataset.write(FRAME_CAPTIONS, shard, captions, variants[FRAME_CAPTIONS])
    heard = MusicCaption(clip_id=clips[1].clip_id, text="heard", **MODEL)
    dataset.write(MUSIC_CAPTIONS, shard, [heard], variants[MUSIC_CAPTIONS])
    written = prompt("written").model_copy(update={"clip_id": clips[0].clip_id})
    dataset.write(PROMPTS, shard, [written], variants[PROMPTS])
    scores = [
        Score(clip_id=one.clip_id, metric="clip_cosine", subject=subject, value=value,
              truncated=False, **MODEL)
        for one, value in zip(clips, (0.5, 0.7), strict=True)
        for subject, value in (("prompt", value), ("shuffled:prompt", value / 2), ("other", 9.0))
    ]  # fmt: skip
    dataset.write(SCORES, shard, scores, variants[SCORES])

    assert told(dataset, recipe, []) == []  # clips of videos that are not the demo's
    first, second = told(dataset, recipe, [video()])
    assert first == Told(
        clips[0].clip_id, SCENE, TUNE, {"description": "description 0", "style": "style 0"}, None,
        written,
    )  # fmt: skip
    assert (second.scene, second.music, second.prompt) == (OTHER, "heard", None)
    means = floor(dataset, recipe)
    assert (means.matched, means.shuffled) == pytest.approx((0.6, 0.3))
    dataset.write(SCORES, shard, [], variants[SCORES])
    with pytest.raises(ValueError, match="no scores"):
        floor(dataset, recipe)
