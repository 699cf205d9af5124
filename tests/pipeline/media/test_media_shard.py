"""Shards: deterministic, atomic, readable by anybody, and read with suspicion."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import webdataset

from pipeline.errors import DatasetError
from pipeline.media.shard import MAX_MEMBER_BYTES, read_shard, write_shard
from pipeline.stage import Sample


def sample(clip_id: str, audio_format: str = "flac") -> Sample:
    body = clip_id.encode()
    return Sample(clip_id, b"A" + body, audio_format, b"F" + body, {"clip_id": clip_id, "b": 1.5})


CLIPS = [sample(f"v{video}-{start:08d}") for video in "cab" for start in (20_000, 0, 10_000)]


def test_members_are_sorted_and_anonymous(tmp_path: Path) -> None:
    made = write_shard(tmp_path / "a.tar", CLIPS)
    with tarfile.open(tmp_path / "a.tar") as tar:
        members = tar.getmembers()
    assert made.clips == 9
    assert made.bytes == (tmp_path / "a.tar").stat().st_size
    assert [m.name for m in members[:4]] == [
        "va-00000000.flac",
        "va-00000000.jpg",
        "va-00000000.json",
        "va-00010000.flac",
    ]
    facts = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members}
    assert facts == {(0, 0, 0, "", "", 0o644)}


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    first = write_shard(tmp_path / "a.tar", CLIPS)
    second = write_shard(tmp_path / "b.tar", iter(reversed(CLIPS)))
    assert first == second
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", CLIPS)
    assert list(read_shard(tmp_path / "a.tar")) == sorted(CLIPS, key=lambda s: s.clip_id)


def test_plain_webdataset_reads_it(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", CLIPS)
    found = list(webdataset.WebDataset(str(tmp_path / "a.tar"), shardshuffle=False))
    assert [s["__key__"] for s in found] == sorted(s.clip_id for s in CLIPS)
    assert found[0]["flac"] == b"Ava-00000000"
    assert json.loads(found[0]["json"])["clip_id"] == "va-00000000"


def test_no_clips_make_an_empty_shard(tmp_path: Path) -> None:
    assert write_shard(tmp_path / "a.tar", []).clips == 0
    assert list(read_shard(tmp_path / "a.tar")) == []


def test_an_interrupted_write_leaves_the_old_shard(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", CLIPS)
    before = (tmp_path / "a.tar").read_bytes()

    def stopping() -> Iterator[Sample]:
        yield CLIPS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "a.tar", stopping())
    assert (tmp_path / "a.tar").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.tar"]


@pytest.mark.parametrize("clip_id", ["../up", "a.b", "", "a/b", "a\n"])
def test_a_clip_id_that_is_no_file_name_is_refused(clip_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file name"):
        write_shard(tmp_path / "a.tar", [sample(clip_id)])


def test_a_clip_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice"):
        write_shard(tmp_path / "a.tar", [CLIPS[0], CLIPS[0]])


def member(name: str, data: bytes = b"{}") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data


def link(name: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info, b""


WHOLE = [member("a.flac"), member("a.jpg"), member("a.json", b'{"clip_id": "a"}')]
HOSTILE: dict[str, Callable[[], list[tuple[tarfile.TarInfo, bytes]]]] = {
    "path": lambda: [*WHOLE, member("../b.flac")],
    "absolute": lambda: [*WHOLE, member("/b.flac")],
    "unexpected": lambda: [*WHOLE, member("b.py")],
    "hidden": lambda: [*WHOLE, member(".flac")],
    "link": lambda: [link("a.flac"), *WHOLE[1:]],
    "large": lambda: [member("a.flac", bytes(MAX_MEMBER_BYTES + 1)), *WHOLE[1:]],
    "incomplete": lambda: WHOLE[:2],
    "two audios": lambda: [*WHOLE, member("a.wav")],
    "twice": lambda: [*WHOLE[:2], member("a.jpg")],
    "no json": lambda: [*WHOLE[:2], member("a.json", b"{")],
    "other json": lambda: [*WHOLE[:2], member("a.json", b'{"clip_id": "b"}')],
    "list json": lambda: [*WHOLE[:2], member("a.json", b"[]")],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_shard_is_refused(kind: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for info, data in HOSTILE[kind]():
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(DatasetError):
        list(read_shard(tmp_path / "a.tar"))


def test_a_damaged_or_missing_shard_is_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", CLIPS)
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[:3000])
    with pytest.raises(DatasetError, match="build it again"):
        list(read_shard(tmp_path / "a.tar"))
    (tmp_path / "a.tar").write_bytes(b"no tar" * 1000)
    with pytest.raises(DatasetError, match="build it again"):
        list(read_shard(tmp_path / "a.tar"))
    with pytest.raises(DatasetError, match="no shard"):
        list(read_shard(tmp_path / "b.tar"))
