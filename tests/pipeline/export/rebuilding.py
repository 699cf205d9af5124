"""Build small datasets from real videos in this process, and export them without media."""

import threading
from pathlib import Path

from pipeline.acquire.governor import Governor
from pipeline.choose import Matcher, ScreenJob, in_turn
from pipeline.columns import clip_columns
from pipeline.cutting import check_cut, cut_shard
from pipeline.export.metadata import write_metadata
from pipeline.fetching import fetch_shard
from pipeline.listing import list_videos
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from tests.small_datasets import annotate
from tests.videos import make_video

RECIPE = """
[dataset]
path = "data"
seed = 3
eval_fraction = 0.4
videos_per_shard = 2
[source.mine]
kind = "folder"
path = "videos"
[cut]
clip_seconds = 2.0
clips_per_video = 2
[screen]
min_motion = 0
min_moving = 0
min_bandwidth_hz = 0
[duplicates]
audio_similarity = 0
frame_similarity = 0
[stage.look]
[stage.write]
"""
VIDEOS = ("Ann - One", "Bob - Two", "Cat - Three", "Dan - Four")


def make_videos(folder: Path) -> Path:
    """Four videos of eight seconds, one of them in a folder of its own."""
    for number, name in enumerate(VIDEOS):
        below = folder / "live" if number == 2 else folder
        make_video(below / f"{name}.mp4", 8, seed=number)
    return folder


def build(file: Path, notes: list[str] | None = None) -> tuple[Dataset, Recipe]:
    """All that `framesong build` does, shard by shard."""
    recipe = load(file)
    dataset, heard = Dataset(recipe.root), notes if notes is not None else []
    governor = Governor(recipe.fetch, dataset.governor_state)
    check_cut(dataset, recipe)
    list_videos(dataset, recipe, governor, heard.append)
    shards = in_turn(dataset)
    matcher = Matcher(dataset, recipe, shards)
    for shard in shards:
        fetch_shard(dataset, recipe, shard, governor, lambda media: None, threading.Event())
        ScreenJob(recipe, 1)(shard, "cpu", lambda text: None)
        matcher.match(shard)
        cut_shard(dataset, recipe, shard)
    annotate(dataset, recipe)
    return dataset, recipe


def export(dataset: Dataset, recipe: Recipe, folder: Path) -> Path:
    """A metadata export of all clips; its recipe's file, which expects copies in `copies`."""
    folder.mkdir(parents=True)
    write_metadata(clip_columns(dataset, recipe), dataset, recipe, folder)
    file = folder / "recipe.toml"
    text = file.read_text(encoding="utf-8").replace(
        '# videos = "../my-copies"', 'videos = "../copies"'
    )
    file.write_text(text, encoding="utf-8")
    return file
