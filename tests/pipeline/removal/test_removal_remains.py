"""`verify` finds what was removed, wherever it still is."""

from pathlib import Path

import pytest

from pipeline.journal import changes
from pipeline.media.shard import read_shard, write_shard
from pipeline.removal.remains import remains
from pipeline.removal.remove import remove
from pipeline.removal.tombstones import write_removals
from pipeline.store import Dataset
from schemas import MATCHES, MUSIC_CAPTIONS, TABLES
from schemas.captions import MusicCaption
from schemas.removal import Pending, Removals, Removed
from tests.pipeline.removal.filled import SHARDS, clip, contents, make_filled, surroundings, video

FIRST = SHARDS[0]
VIDEO, CLIP = video(FIRST, 0), clip(FIRST, 0, 0)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = make_filled(tmp_path / "data")
    surroundings(dataset)
    row = MusicCaption(clip_id=CLIP, text="t", model="m", revision="r")
    dataset.write(MUSIC_CAPTIONS, FIRST, [row], "old-variant", not_asked=[clip(FIRST, 0, 1)])
    return dataset


def bury(dataset: Dataset, kind: str, name: str) -> None:
    facts = {"id": name, "kind": kind, "removed_at": "2024-01-01T00:00:00Z"}
    write_removals(dataset, Removals(removed=[Removed.model_validate(facts)]))


def test_each_place_that_holds_a_removed_video_is_named(dataset: Dataset) -> None:
    bury(dataset, "video", VIDEO)
    found = "\n".join(remains(dataset))
    tables = [name for name in TABLES if TABLES[name] != MATCHES]
    named = [name for name in tables if f"{name}/{FIRST}: it holds" in found]
    assert named == ["videos", "media", "screening", "measures", "clips"]
    assert f"music_captions/old-variant/{FIRST}: it holds what was removed" in found
    assert f"{FIRST}.tar: it holds 2 clips that were removed, such as {CLIP}" in found
    assert f"media/{FIRST}/{VIDEO}.json: the video was removed" in found
    assert f"comparisons/a--{FIRST}: it shows" in found


def test_a_report_that_shows_a_removed_clip_is_named(dataset: Dataset) -> None:
    bury(dataset, "clip", CLIP)
    assert not any(line.startswith("report") for line in remains(dataset))
    (dataset.report_folder / "data" / "index.js").write_text(f'clips(["{CLIP}"])')
    assert "report: it shows clips that were removed; audit again" in remains(dataset)


def test_after_a_removal_nothing_is_left(dataset: Dataset) -> None:
    remove(dataset, [VIDEO])
    assert list(remains(dataset)) == []


def test_an_interrupted_removal_is_named_with_the_remedy(dataset: Dataset) -> None:
    write_removals(dataset, Removals(pending=Pending(ids=[VIDEO, CLIP], shards=[FIRST])))
    (line,) = remains(dataset)
    assert line == (
        f"a removal of 2 videos and clips, such as {VIDEO}, was interrupted: `framesong remove` "
        "without an id finishes it"
    )


def test_a_tar_that_cannot_be_read_is_named(dataset: Dataset) -> None:
    bury(dataset, "clip", clip(SHARDS[1], 0, 0))
    dataset.tar(FIRST).write_bytes(b"no tar")
    assert any("cannot be read" in line and FIRST in line for line in remains(dataset))


def test_without_tombstones_nothing_is_read(dataset: Dataset) -> None:
    dataset.tar(FIRST).write_bytes(b"no tar")
    assert list(remains(dataset)) == []


def test_changes_that_fail_leave_nothing_behind(dataset: Dataset) -> None:
    before = contents(dataset)
    samples = list(read_shard(dataset.tar(FIRST)))

    def fail() -> None:
        with changes(dataset.root) as together:
            together.replace(dataset.tar(FIRST).with_suffix(".json"), b"{}")
            write_shard(together.replacing(dataset.tar(FIRST)), samples)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert contents(dataset) == before
