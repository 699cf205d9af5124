"""A part on disk is whole and declared, or absent."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.disk import write_atomically
from pipeline.errors import DatasetBusy, DatasetError, DiskFull
from pipeline.store import Dataset
from schemas import MUSIC_CAPTIONS, VIDEOS
from schemas.captions import MusicCaption
from schemas.table import Row, Table
from schemas.video import Video

SHARD = "train-000000"


def caption(clip_id: str) -> MusicCaption:
    return MusicCaption(clip_id=clip_id, text="a tune", model="m", revision="r")


def test_a_part_reads_back_as_it_was_written(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    rows = [caption("b"), caption("a")]
    manifest = dataset.write(MUSIC_CAPTIONS, SHARD, rows, "m-1", clips=2)
    assert dataset.read(MUSIC_CAPTIONS, SHARD, "m-1") == [caption("a"), caption("b")]
    assert manifest.rows == 2
    assert dataset.manifest(MUSIC_CAPTIONS, SHARD, "m-1") == manifest


def test_a_part_without_a_manifest_does_not_count(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    dataset.write(MUSIC_CAPTIONS, SHARD, [caption("a")], "m-1")
    dataset.part(MUSIC_CAPTIONS, SHARD, "m-1").with_suffix(".json").unlink()
    assert dataset.read(MUSIC_CAPTIONS, SHARD, "m-1") == []


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one = Dataset(tmp_path / "1").write(MUSIC_CAPTIONS, SHARD, [caption("a"), caption("b")], "m")
    two = Dataset(tmp_path / "2").write(MUSIC_CAPTIONS, SHARD, [caption("b"), caption("a")], "m")
    assert (one.sha256, one.digest) == (two.sha256, two.digest)


def test_a_damaged_part_is_named_with_the_remedy(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    dataset.write(MUSIC_CAPTIONS, SHARD, [caption("a")], "m-1")
    dataset.part(MUSIC_CAPTIONS, SHARD, "m-1").write_bytes(b"not parquet")
    with pytest.raises(DatasetError, match=r"m-1/train-000000.parquet cannot be read .* Delete"):
        dataset.read(MUSIC_CAPTIONS, SHARD, "m-1")


def test_a_manifest_of_another_version_is_named(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    dataset.write(MUSIC_CAPTIONS, SHARD, [caption("a")], "m-1")
    dataset.part(MUSIC_CAPTIONS, SHARD, "m-1").with_suffix(".json").write_text('{"rows": 1}')
    with pytest.raises(DatasetError, match="no manifest that this version reads"):
        dataset.manifest(MUSIC_CAPTIONS, SHARD, "m-1")


def test_shards_are_those_that_videos_are_assigned_to(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    fields = {"video_id": "s-1", "source": "s", "url": "u", "song_id": "x", "split": "eval"}
    for shard in ("train-000001", "eval-000000"):
        dataset.write(VIDEOS, shard, [Video.model_validate({**fields, "shard": shard})])
    assert dataset.shards() == ["eval-000000", "train-000001"]


def test_many_parts_are_written_as_one_by_one(tmp_path: Path) -> None:
    parts = [
        (MUSIC_CAPTIONS, f"train-{n:06d}", [caption(f"{n}-{i}") for i in range(3)])
        for n in range(100)
    ]
    one, many = Dataset(tmp_path / "1"), Dataset(tmp_path / "2")
    many.write_parts(iter(parts), clips=3)
    for table, shard, rows in parts:
        written = one.write(table, shard, rows, clips=3)
        manifest = many.manifest(table, shard)
        assert manifest is not None
        assert (manifest.digest, manifest.sha256, manifest.clips) == (
            written.digest,
            written.sha256,
            3,
        )
        assert many.read(table, shard) == rows


def test_of_many_parts_those_declared_at_a_kill_are_the_first(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from pipeline.store import Dataset\n"
        "from schemas import MUSIC_CAPTIONS as TABLE\n"
        "from schemas.captions import MusicCaption\n"
        "row = MusicCaption(clip_id='a', text='t', model='m', revision='r')\n"
        "def parts():\n"
        "    for number in range(200):\n"
        "        if number == 150: os.kill(os.getpid(), 9)\n"
        "        yield TABLE, f'train-{number:06d}', [row]\n"
        "Dataset(pathlib.Path(sys.argv[1])).write_parts(parts())"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -9
    dataset = Dataset(tmp_path)
    shards = [f"train-{number:06d}" for number in range(150)]
    declared = [shard for shard in shards if dataset.manifest(MUSIC_CAPTIONS, shard)]
    assert 0 < len(declared) < 150
    assert declared == shards[: len(declared)]
    assert all(len(dataset.read(MUSIC_CAPTIONS, shard)) == 1 for shard in declared)
    with dataset.lock():
        assert not list(tmp_path.rglob(".partial-*"))


def test_a_failure_among_many_parts_is_told_and_what_came_before_stays(tmp_path: Path) -> None:
    def parts() -> Iterator[tuple[Table[Row], str, list[Row]]]:
        for number in range(60):
            yield MUSIC_CAPTIONS, f"train-{number:06d}", [caption("a")]
        raise DatasetError("the list broke off")

    dataset = Dataset(tmp_path)
    with pytest.raises(DatasetError, match="broke off"):
        dataset.write_parts(parts())
    assert dataset.read(MUSIC_CAPTIONS, "train-000000") == [caption("a")]
    with dataset.lock():
        assert not list(tmp_path.rglob(".partial-*"))


def test_an_interrupted_write_leaves_the_old_file_and_is_swept_up(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    dataset.write(MUSIC_CAPTIONS, SHARD, [caption("a")], "m-1")
    part = dataset.part(MUSIC_CAPTIONS, SHARD, "m-1")
    code = (
        "import os, sys, pathlib; from pipeline.disk import write_atomically\n"
        "os.fsync = lambda fd: os.kill(os.getpid(), 9)\n"
        "write_atomically(pathlib.Path(sys.argv[1]), b'half')"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(part)], check=False)
    assert killed.returncode == -9
    assert dataset.read(MUSIC_CAPTIONS, SHARD, "m-1") == [caption("a")]
    assert len(list(part.parent.iterdir())) == 3
    with dataset.lock():
        assert len(list(part.parent.iterdir())) == 2


def test_a_second_process_is_told_who_works_and_stops(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path / "data")
    with dataset.lock():
        code = (
            "import sys, pathlib; from pipeline.store import Dataset\n"
            "from pipeline.errors import DatasetBusy\n"
            "try:\n"
            "    with Dataset(pathlib.Path(sys.argv[1])).lock(): print('in')\n"
            "except DatasetBusy as busy: print(busy)"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(dataset.root)],
            capture_output=True,
            text=True,
            check=True,
        )
    assert "Another framesong works on" in other.stdout
    assert "pid" in other.stdout
    with dataset.lock():
        pass


def test_the_lock_is_for_one_at_a_time_within_a_process_too(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    with dataset.lock(), pytest.raises(DatasetBusy), dataset.lock():
        pass


def test_a_full_disk_is_named_when_a_dataset_is_locked(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(DiskFull, match="Make room"), Dataset(tmp_path).lock():
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    with Dataset(tmp_path).lock():
        pass


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]
