"""One row per clip: what the tables say, joined, and nothing else."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.columns import clip_columns, column_name
from pipeline.errors import DatasetError
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas import (
    CLIPS,
    FRAME_CAPTIONS,
    MEDIA,
    MUSIC_CAPTIONS,
    PROMPTS,
    SCORES,
    VIDEOS,
)
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.manifest import ShardManifest
from schemas.media import Media
from schemas.prompt import Prompt
from schemas.score import Score
from schemas.video import Video
from tests.small_datasets import make_dataset

EVAL, TRAIN = "eval-000000", "train-000000"
ALL_STEPS = """
[dataset]
path = "data"
[stage.blip2]
[stage.lp_music_caps]
[stage.summarise]
[stage.clip_score]
[stage.clap_score]
"""
MADE = {"model": "m", "revision": "r"}
FIRST = "test-train000000-00000000"
SECOND = "test-train000000-00010000"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data", clips=2)


@pytest.fixture
def recipe(write_recipe: Callable[[str], Path]) -> Recipe:
    return load(write_recipe(ALL_STEPS))


def prompt(clip_id: str, **facts: Any) -> Prompt:
    text = f"prompt of {clip_id}"
    return Prompt(clip_id=clip_id, text=text, first_answer=text, words=3, **{**MADE, **facts})


def score(clip_id: str, subject: str, value: float, metric: str = "clip_cosine") -> Score:
    return Score(
        clip_id=clip_id, metric=metric, subject=subject, value=value, truncated=True, **MADE
    )


def rows(dataset: Dataset, recipe: Recipe) -> dict[str, dict[str, Any]]:
    return {row["clip_id"]: row for row in clip_columns(dataset, recipe).to_pylist()}


def variant(recipe: Recipe, step: str) -> str:
    return recipe.step(step).variant


def test_every_clip_is_a_row_in_the_order_of_ids(dataset: Dataset, recipe: Recipe) -> None:
    table = clip_columns(dataset, recipe)
    clips = sorted(dataset.read_all(CLIPS), key=lambda clip: clip.clip_id)
    assert table["clip_id"].to_pylist() == [clip.clip_id for clip in clips]
    for name in Clip.model_fields:
        assert table[name].to_pylist() == [getattr(clip, name) for clip in clips]


def test_what_nobody_knows_is_null(dataset: Dataset, recipe: Recipe) -> None:
    row = rows(dataset, recipe)[FIRST]
    unknown = ("title", "licence", "music_caption", "prompt", "words", "truncated", "violations")
    assert {row[name] for name in unknown} == {None}
    assert row["violating"] is None
    assert "clip_cosine" not in row


def test_a_dataset_without_steps_has_the_same_first_columns(
    dataset: Dataset, write_recipe: Callable[[str], Path], recipe: Recipe
) -> None:
    bare = load(write_recipe('[dataset]\npath = "data"\n'))
    assert clip_columns(dataset, bare).schema == clip_columns(dataset, recipe).schema


def test_a_page_has_the_last_word_over_the_list(dataset: Dataset, recipe: Recipe) -> None:
    (video,) = dataset.read(VIDEOS, TRAIN)
    listed = {"title": "of the list", "artist": "of the list"}
    dataset.write(VIDEOS, TRAIN, [video.model_copy(update=listed)])
    (media,) = dataset.read(MEDIA, TRAIN)
    dataset.write(MEDIA, TRAIN, [media.model_copy(update={"title": "of the page"})])
    row = rows(dataset, recipe)[FIRST]
    assert (row["title"], row["artist"], row["url"]) == ("of the page", "of the list", "u")


def test_a_video_that_is_listed_again_keeps_the_row_of_its_shard(
    dataset: Dataset, recipe: Recipe
) -> None:
    (video,) = dataset.read(VIDEOS, TRAIN)
    again = {"shard": EVAL, "title": "another listing"}
    (other,) = dataset.read(VIDEOS, EVAL)
    dataset.write(VIDEOS, EVAL, [other, video.model_copy(update=again)])
    assert rows(dataset, recipe)[FIRST]["title"] is None


def test_captions_and_prompts_stand_beside_their_clip(dataset: Dataset, recipe: Recipe) -> None:
    captions = [
        FrameCaption(clip_id=SECOND, question=question, prompt="", answer=question.upper(), **MADE)
        for question in ("mood", "Who's there?")
    ]
    music = [MusicCaption(clip_id=SECOND, text="a tune", **MADE)]
    prompts = [
        prompt(FIRST, clip_tokens=77),
        prompt(SECOND, clip_tokens=78, violations=["too_long"], attempts=3),
    ]
    dataset.write(FRAME_CAPTIONS, TRAIN, captions, variant(recipe, "blip2"))
    dataset.write(MUSIC_CAPTIONS, TRAIN, music, variant(recipe, "lp_music_caps"))
    dataset.write(PROMPTS, TRAIN, prompts, variant(recipe, "summarise"))
    found = rows(dataset, recipe)
    first, second = found[FIRST], found[SECOND]
    assert (second["answer_mood"], second["answer_who_s_there"]) == ("MOOD", "WHO'S THERE?")
    assert (first["answer_mood"], second["music_caption"]) == (None, "a tune")
    assert (first["prompt"], first["words"]) == (f"prompt of {FIRST}", 3)
    assert (first["truncated"], second["truncated"]) == (False, True)
    assert (first["violations"], first["violating"]) == ([], False)
    assert (second["violations"], second["violating"], second["attempts"]) == (
        ["too_long"],
        True,
        3,
    )


def test_scores_have_their_metric_and_subject_as_name(dataset: Dataset, recipe: Recipe) -> None:
    cosines = [
        score(FIRST, "prompt", -0.25),
        score(FIRST, "answer:mood", 0.5),
        score(FIRST, "answer:who?", -0.5),
        score(FIRST, "shuffled:prompt", 0.125),
        score(SECOND, "prompt", math.nan),
    ]
    heard = [score(FIRST, subject, 0.75, "clap_cosine") for subject in ("prompt", "music_caption")]
    dataset.write(SCORES, TRAIN, cosines, variant(recipe, "clip_score"))
    dataset.write(SCORES, TRAIN, heard, variant(recipe, "clap_score"))
    found = rows(dataset, recipe)
    expected = {
        "clip_cosine": -0.25,
        "clipscore": 0.0,
        "b_clipscore": 0.25,
        "clip_cosine_answer_mood": 0.5,
        "clip_cosine_answer_who": -0.5,
        "clip_cosine_shuffled_prompt": 0.125,
        "clap_cosine": 0.75,
        "clap_cosine_music_caption": 0.75,
    }
    assert {name: found[FIRST][name] for name in expected} == expected
    assert (found[SECOND]["clip_cosine"], found[SECOND]["clipscore"]) == (None, None)


def test_where_tokens_were_not_counted_the_score_says_what_was_cut(
    dataset: Dataset, recipe: Recipe
) -> None:
    dataset.write(PROMPTS, TRAIN, [prompt(FIRST), prompt(SECOND)], variant(recipe, "summarise"))
    dataset.write(SCORES, TRAIN, [score(FIRST, "prompt", 0.5)], variant(recipe, "clip_score"))
    found = rows(dataset, recipe)
    assert (found[FIRST]["truncated"], found[SECOND]["truncated"]) == (True, None)


VARIANTS = (
    ALL_STEPS
    + """
from = ["summarise", "lp_music_caps"]
[stage.short]
kind = "summarise"
max_words = 20
[stage.siglip]
kind = "clip_score"
model = "siglip"
from = ["blip2", "summarise"]
[stage.clip_short]
kind = "clip_score"
from = ["blip2", "short"]
"""
)


@pytest.fixture
def variants(write_recipe: Callable[[str], Path]) -> Recipe:
    text = VARIANTS.replace("[stage.clip_score]", '[stage.clip_score]\nfrom = ["summarise"]')
    return load(write_recipe(text))


def test_a_second_step_has_its_name_before_its_columns(dataset: Dataset, variants: Recipe) -> None:
    texts = {"summarise": "long", "short": "short"}
    for step, text in texts.items():
        written = prompt(FIRST).model_copy(update={"text": text})
        dataset.write(PROMPTS, TRAIN, [written], variant(variants, step))
    row = rows(dataset, variants)[FIRST]
    assert (row["prompt"], row["short_prompt"], row["short_words"]) == ("long", "short", 3)


def test_scores_of_other_prompts_never_pass_for_those_of_the_first(
    dataset: Dataset, variants: Recipe
) -> None:
    for step, value in {"clip_score": 0.5, "clip_short": 0.25}.items():
        dataset.write(SCORES, TRAIN, [score(FIRST, "prompt", value)], variant(variants, step))
    siglip = [score(FIRST, "prompt", 0.125, "siglip_cosine")]
    dataset.write(SCORES, TRAIN, siglip, variant(variants, "siglip"))
    row = rows(dataset, variants)[FIRST]
    assert (row["clipscore"], row["clip_short_clipscore"]) == (0.5, 0.25)
    assert row["siglip_cosine"] == 0.125


def test_no_step_takes_the_name_of_one_that_has_not_run(dataset: Dataset, variants: Recipe) -> None:
    scored = [score(FIRST, "prompt", 0.25)]
    dataset.write(SCORES, TRAIN, scored, variant(variants, "siglip"))
    row = rows(dataset, variants)[FIRST]
    assert "clipscore" not in row
    assert row["siglip_clipscore"] == 0.25


def test_unfinished_parts_and_shards_do_not_count(dataset: Dataset, recipe: Recipe) -> None:
    name = variant(recipe, "summarise")
    dataset.write(PROMPTS, TRAIN, [prompt(FIRST)], name)
    dataset.part(PROMPTS, TRAIN, name).with_suffix(".json").unlink()
    dataset.tar(EVAL).with_suffix(".json").unlink()
    found = rows(dataset, recipe)
    assert sorted(found) == [FIRST, SECOND]
    assert found[FIRST]["prompt"] is None


@pytest.mark.parametrize("damage", [b"", b"not parquet" * 100])
def test_a_damaged_part_is_named_with_the_remedy(
    damage: bytes, dataset: Dataset, recipe: Recipe
) -> None:
    dataset.part(CLIPS, TRAIN).write_bytes(damage)
    with pytest.raises(DatasetError, match=r"clips/train-000000.parquet cannot be read .* Delete"):
        clip_columns(dataset, recipe)


def test_a_part_that_is_gone_is_named(dataset: Dataset, recipe: Recipe) -> None:
    dataset.part(VIDEOS, TRAIN).unlink()
    with pytest.raises(DatasetError, match=r"videos/train-000000.parquet cannot be read"):
        clip_columns(dataset, recipe)


def test_two_names_that_would_be_one_column_are_told_apart(
    dataset: Dataset, recipe: Recipe
) -> None:
    captions = [
        FrameCaption(clip_id=FIRST, question=question, prompt="", answer=question, **MADE)
        for question in ("who?", "who!", "who")
    ]
    dataset.write(FRAME_CAPTIONS, TRAIN, captions, variant(recipe, "blip2"))
    row = rows(dataset, recipe)[FIRST]
    answers = [row[name] for name in ("answer_who", "answer_who_2", "answer_who_3")]
    assert answers == ["who", "who!", "who?"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Mood", "mood"), ("a:b c", "a_b_c"), ("x'); DROP", "x_drop"), ("日本", "unnamed")],
)
def test_names_hold_nothing_that_sql_reads_otherwise(text: str, name: str) -> None:
    assert column_name(text) == name


def test_fifty_thousand_clips_take_seconds(tmp_path: Path, recipe: Recipe) -> None:
    dataset = Dataset(tmp_path / "data")
    clip = make_dataset(tmp_path / "one", clips=1).read(CLIPS, TRAIN)[0]
    for shard in ("train-000000", "train-000001"):
        clips = [
            clip.model_copy(update={"clip_id": f"{shard}-{n}", "shard": shard})
            for n in range(25_000)
        ]
        ids = [one.clip_id for one in clips]
        listed = {"video_id": clip.video_id, "source": "s", "url": "u", "song_id": "s"}
        video = Video.model_validate({**listed, "split": "train", "shard": shard})
        dataset.write(VIDEOS, shard, [video])
        dataset.write(MEDIA, shard, [Media(video_id=clip.video_id, status="ok")])
        dataset.write(CLIPS, shard, clips)
        dataset.write(PROMPTS, shard, list(map(prompt, ids)), variant(recipe, "summarise"))
        scored = [score(one, "prompt", 0.5) for one in ids]
        dataset.write(SCORES, shard, scored, variant(recipe, "clip_score"))
        dataset.write_shard_manifest(
            ShardManifest(
                shard=shard, clips=1, videos=1, sha256="", bytes=1, cut={}, inputs={}, created_at=""
            )
        )
    started = time.process_time()
    assert len(clip_columns(dataset, recipe)) == 50_000
    assert time.process_time() - started < 2
