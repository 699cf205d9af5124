"""How fast a million titles are listed, deduplicated, split and written, and how well.

    python infra/bench/duplicates.py [--titles 1000000] [--added 1000]

Makes up titles of which a tenth are planted duplicates (`infra/bench/titles.py`), lists them from a
Parquet file as a build does, and writes the tables; then once more with some added. Prints a table
in Markdown: seconds of processor and clock per phase, peak memory, recall over the planted
duplicates, precision over all videos that were joined to a song. Takes some minutes.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from infra.bench.titles import videos
from pipeline.acquire.settings import Fetching
from pipeline.provenance import software
from pipeline.songs.settings import Duplicates
from pipeline.songs.sides import Splitting
from pipeline.sources.base import Asking
from pipeline.sources.listing import Listing, assign
from pipeline.sources.urls import Urls
from pipeline.store import Dataset
from schemas import VIDEOS

_GIB = 2**20
"""Of the KiB that Linux counts memory in."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--titles", type=int, default=1_000_000)
    parser.add_argument("--added", type=int, default=1000)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        _run(options.run, options.titles)
        return
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        total = _make(base / "all.parquet", options.titles + options.added)
        print("| run | phase | CPU s | wall s |\n|---|---|---|---|")
        for count in (options.titles, total):
            pq.write_table(
                pq.read_table(base / "all.parquet").slice(0, count), base / "urls.parquet"
            )
            command = [sys.executable, __file__, "--titles", str(count), "--run", str(base)]
            subprocess.run(command, check=True)


def _make(path: Path, count: int) -> int:
    rows = videos(count)
    columns = {
        "url": [f"https://www.youtube.com/watch?v={number:011d}" for number in range(count)],
        "title": [row.title for row in rows],
        "artist": [row.artist for row in rows],
        "track": [row.track for row in rows],
        "channel": [row.channel for row in rows],
        "duration_s": [180.0 + number % 120 for number in range(count)],
        "upload_date": ["20200101"] * count,
        "song": [row.song for row in rows],
        "planted": [row.planted for row in rows],
    }
    pq.write_table(pa.table(columns), path)
    return count


def _run(base: Path, count: int) -> None:
    name = f"{count:,} titles"
    dataset = Dataset(base / "dataset")
    asking = Asking(base, print, Fetching(), base / "cache")
    with _phase(name, "all"):
        with _phase(name, "list"):
            listed = [("urls", video) for video in Urls(path="urls.parquet").list(asking)]
        with _phase(name, "deduplicate and split"):
            listing = assign(
                listed,
                dataset.read_all(VIDEOS),
                Splitting(seed=0, eval_fraction=0.1),
                Duplicates().title_similarity,
                videos_per_shard=64,
            )
        with _phase(name, "write"):
            dataset.write_parts(listing.parts(), software=software())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIB
    print(f"\n{name}: {len(listing.videos):,} new, {listing.known:,} known; peak {peak:.2f} GiB")
    if not listing.known:
        print("recall {:.4f}, precision {:.4f} of {:,} joined".format(*_quality(base, listing)))
    print(flush=True)


@contextmanager
def _phase(run: str, phase: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {run} | {phase} | {cpu:.1f} | {wall:.1f} |", flush=True)


def _quality(base: Path, listing: Listing) -> tuple[float, float, int]:
    """Recall over the planted duplicates, precision over the joined videos, and how many."""
    data = pq.read_table(base / "urls.parquet", columns=["song", "planted"])
    truth, planted = data["song"].to_pylist(), data["planted"].to_pylist()
    found = {_number(each.listed.video_id): each.song_id for each in listing.placed}
    original = {song: number for number, song in enumerate(truth) if not planted[number]}
    pairs = [
        (number, original[song])
        for number, song in enumerate(truth)
        if planted[number] and song in original
    ]
    hits = sum(found[one] == found[two] for one, two in pairs)
    joined = [
        truth[_number(each.listed.video_id)] == truth[_number(each.near.video_id)]
        for each in listing.placed
        if each.near
    ]
    return hits / max(1, len(pairs)), sum(joined) / max(1, len(joined)), len(joined)


def _number(video_id: str) -> int:
    return int(video_id.removeprefix("youtube-"))


if __name__ == "__main__":
    main()
