"""Sources are listed together: what they have in common is found before anything is fetched."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from pipeline.acquire.governor import Governor
from pipeline.listing import list_videos
from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import MATCHES, VIDEOS

Writer = Callable[[str], Path]

RECIPE = """
[dataset]
path = "data"
eval_fraction = 0.5
videos_per_shard = 4
[source.songs]
kind = "folder"
path = "songs"
[source.web]
kind = "urls"
path = "web.csv"
"""
WORDS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "glade", "heath", "islet", "jetty")


def test_the_versions_of_a_song_from_two_sources_are_on_one_side(write_recipe: Writer) -> None:
    file = write_recipe(RECIPE)
    (file.parent / "songs").mkdir()
    rows = ["url,title"]
    for number, word in enumerate(WORDS):
        (file.parent / "songs" / f"The {word}s - Night of {word}.mp4").write_bytes(b"")
        address = f"https://example.org/{number}.mp4"
        rows.append(f"{address},The {word}s - Night of {word} (Official Lyric Video)")
    (file.parent / "web.csv").write_text("\n".join(rows), encoding="utf-8")
    recipe = load(file)
    dataset = Dataset(recipe.root)
    list_videos(dataset, recipe, Governor(recipe.fetch, dataset.governor_state), print)
    songs = defaultdict(list)
    for video in dataset.read_all(VIDEOS):
        songs[video.song_id].append((video.source, video.split))
    assert {tuple(sorted(source for source, _ in each)) for each in songs.values()} == {
        ("songs", "web")
    }
    assert {len({split for _, split in each}) for each in songs.values()} == {1}
    assert {split for each in songs.values() for _, split in each} == {"eval", "train"}
    assert {row.consequence for row in dataset.read_all(MATCHES)} == {"same_song"}
