"""A tar's members are found without reading what lies between them."""

import io
import tarfile
from pathlib import Path

import pytest

from pipeline.errors import DatasetError
from pipeline.media.members import members_of
from pipeline.media.shard import MAX_MEMBER_BYTES, write_shard
from pipeline.stage import Sample

SAMPLES = [
    Sample(f"v-{n:08d}", b"A" * (n + 1), "flac", b"F" * 1000 * n, {"clip_id": f"v-{n:08d}"})
    for n in range(3)
]


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    write_shard(tmp_path / "a.tar", SAMPLES)
    return tmp_path / "a.tar"


def test_each_member_is_read_where_it_lies(shard: Path) -> None:
    found = members_of(shard)
    assert [(one.clip_id, one.extension) for one in found] == [
        (sample.clip_id, extension) for sample in SAMPLES for extension in ("flac", "jpg", "json")
    ]
    with shard.open("rb") as tar:
        read = {(one.clip_id, one.extension): one.read(tar) for one in reversed(found)}
    for sample in SAMPLES:
        assert read[sample.clip_id, "flac"] == sample.audio
        assert read[sample.clip_id, "jpg"] == sample.frame


def test_an_empty_shard_has_no_members(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", [])
    assert members_of(tmp_path / "a.tar") == []


@pytest.mark.parametrize("name", ["../b.flac", "/b.flac", "b.py", ".flac", "a/b.jpg"])
def test_a_member_that_is_no_clips_is_refused(name: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(DatasetError, match="which is no clip's"):
        members_of(tmp_path / "a.tar")


def test_an_exports_tar_may_have_prompts_as_well(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("v-1.txt"), io.BytesIO())
    (member,) = members_of(tmp_path / "a.tar", ("txt",))
    assert (member.clip_id, member.extension) == ("v-1", "txt")
    with pytest.raises(DatasetError, match="which is no clip's"):
        members_of(tmp_path / "a.tar")


def test_links_and_giants_are_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("a.flac")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    giant = tarfile.TarInfo("a.flac")
    giant.size = MAX_MEMBER_BYTES + 1
    for number, info in enumerate((link, giant)):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
        with pytest.raises(DatasetError):
            members_of(path)


@pytest.mark.parametrize("damage", ["gone", "no tar", "cut off"])
def test_a_damaged_or_missing_shard_is_refused(damage: str, shard: Path) -> None:
    whole = shard.read_bytes()
    if damage == "gone":
        shard.unlink()
    else:
        shard.write_bytes(b"no tar" * 1000 if damage == "no tar" else whole[:700])
    with pytest.raises(DatasetError, match="build it again"):
        members_of(shard)


@pytest.mark.parametrize("cut", [100, 700])
def test_a_tar_cut_off_within_a_header_is_damaged(shard: Path, cut: int) -> None:
    whole = shard.read_bytes()
    last = members_of(shard)[-1]
    shard.write_bytes(whole[: last.offset - cut])
    with pytest.raises(DatasetError, match="cannot be read"):
        members_of(shard)
