"""The report's media: what is written, and what is measured."""

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from pipeline.audit.data import AuditData
from pipeline.audit.media import write_media
from pipeline.audit.settings import Auditing
from pipeline.errors import DatasetError
from pipeline.media.members import Member
from pipeline.media.shard import read_shard
from schemas.media import Screening
from tests.inputs import jpeg, wav
from tests.pipeline.audit.audit_data import clip, dataset, small
from tests.pipeline.audit.report_media import A0, A1, SHARD, B, C, files, sample, with_tar, write


def test_every_clip_has_a_thumbnail_and_the_picks_their_sound(tmp_path: Path) -> None:
    data = small()
    media = write(data, tmp_path / "report", {A0})

    assert media.frames.keys() == {A0, A1, B, C}
    assert media.audio.keys() == {A0}
    for name in media.frames.values():
        with Image.open(tmp_path / "report" / name) as image:
            assert (image.format, image.size) == ("JPEG", (256, 171))
    tar = data.tar(SHARD)
    assert tar is not None
    original = next(each for each in read_shard(tar) if each.clip_id == A0)
    assert (tmp_path / "report" / media.audio[A0]).read_bytes() == original.audio
    assert media.audio[A0].endswith(".wav")
    written = {*media.frames.values(), *media.audio.values()}
    assert files(tmp_path / "report").keys() == written | {
        f"media/{shard}/frames.json" for shard in ("eval-000000", "train-000000")
    }


def test_if_asked_only_picks_have_a_thumbnail_and_all_are_measured(tmp_path: Path) -> None:
    data = replace(small(), settings=Auditing(thumbnails=False))
    media = write(data, tmp_path / "report", {A0, C})

    assert media.frames.keys() == {A0, C}
    assert media.facts.frames == 4
    assert len([name for name in files(tmp_path) if name.endswith(".jpg")]) == 2


def test_equal_data_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(small(), tmp_path / name, {A0})
    write(small(), tmp_path / "three", {A0}, earlier=tmp_path / "one")

    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "three")


def test_facts_are_of_all_clips(tmp_path: Path) -> None:
    data = small()
    quiet = replace_clip(replace_clip(data, A0, rms=0.02, gain_db=9.0), A1, rms=0.0)
    facts = write(quiet, tmp_path / "report").facts

    assert facts.loudness_dbfs is not None
    assert facts.loudness_dbfs.count == 3
    assert facts.loudness_dbfs.min == pytest.approx(20 * math.log10(0.02))
    assert facts.loudness_dbfs.max == pytest.approx(20 * math.log10(0.2))
    assert facts.gain_db is not None
    assert (facts.gain_db.count, facts.gain_db.max) == (4, 9.0)
    for spread in (facts.brightness, facts.contrast, facts.sharpness):
        assert spread is not None
        assert spread.count == 4
    assert facts.tempo_bpm is None
    assert (facts.frames, facts.unreadable) == (4, 0)


def replace_clip(data: AuditData, clip_id: str, **values: float) -> AuditData:
    clips = [
        each.model_copy(update=values) if each.clip_id == clip_id else each for each in data.clips
    ]
    return replace(data, clips=clips)


def test_values_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    data = replace_clip(small(), A0, rms=math.nan, gain_db=math.inf)
    facts = write(data, tmp_path / "report").facts

    assert facts.loudness_dbfs is not None
    assert facts.gain_db is not None
    assert (facts.loudness_dbfs.count, facts.gain_db.count) == (3, 3)


def test_a_dataset_without_clips_has_no_facts(tmp_path: Path) -> None:
    media = write(dataset([], [], []), tmp_path / "report")

    assert (media.frames, media.audio) == ({}, {})
    assert media.facts.brightness is None
    assert media.facts.frames == 0
    assert list((tmp_path / "report").iterdir()) == []


def test_what_screening_looked_for_is_told_of_videos_with_clips(tmp_path: Path) -> None:
    def row(video_id: str, text: str, value: float) -> Screening:
        return Screening(
            video_id=video_id, check=f"shown: {text}", value=value, threshold=0.5, passed=True
        )

    screening = [
        row("local-a", "people: many", 0.9),
        row("local-a", "people: many", 0.5),
        row("local-b", "people: many", 0.25),
        row("local-c", "a logo", 0.125),
        row("local-d", "a logo", 1.0),
        Screening(video_id="local-a", check="still", value=7.0, threshold=1.0, passed=True),
    ]
    facts = write(replace(small(), screening=screening), tmp_path / "report").facts

    assert facts.shown == {"people: many": 0.375, "a logo": 0.125}


@pytest.mark.parametrize(
    "tar",
    [
        lambda folder: None,
        lambda folder: folder / "absent.tar",
        lambda folder: damaged(folder, b"not a tar" * 200),
        lambda folder: folder,
    ],
    ids=["gone", "absent", "damaged", "a folder"],
)
def test_a_shard_that_cannot_be_read_is_counted(
    tmp_path: Path, tar: Callable[[Path], Path | None]
) -> None:
    data = replace(small(), tar=lambda shard: tar(tmp_path))
    media = write(data, tmp_path / "report", {A0})

    assert (media.frames, media.audio) == ({}, {})
    assert (media.facts.frames, media.facts.unreadable) == (0, 4)
    assert media.facts.sharpness is None
    assert media.facts.loudness_dbfs is not None


def damaged(folder: Path, data: bytes) -> Path:
    path = folder / "damaged.tar"
    path.write_bytes(data)
    return path


def test_one_frame_that_cannot_be_decoded_costs_only_itself(tmp_path: Path) -> None:
    frames = [None, jpeg(1, (480, 320))[:900], b""]
    data = with_tar(tmp_path, [sample(n, frame) for n, frame in enumerate(frames)])
    media = write(data, tmp_path / "report", {each.clip_id for each in data.clips})

    assert media.frames.keys() == {"local-a-00000000"}
    assert len(media.audio) == 3
    assert (media.facts.frames, media.facts.unreadable) == (1, 2)


def test_a_clip_that_its_tar_does_not_have_is_counted(tmp_path: Path) -> None:
    media = write(with_tar(tmp_path, [sample(0)]), tmp_path / "report", {"local-a-00010000"})

    assert media.frames.keys() == {"local-a-00000000"}
    assert media.audio == {}
    assert media.facts.unreadable == 2


def test_a_tar_that_ends_early_loses_no_report(tmp_path: Path) -> None:
    data = with_tar(tmp_path, [sample(n) for n in range(3)])
    whole = (tmp_path / "changed.tar").read_bytes()
    for size in range(0, len(whole), 5000):
        (tmp_path / "changed.tar").write_bytes(whole[:size])
        media = write(data, tmp_path / f"report{size}")
        assert media.facts.frames + media.facts.unreadable == 3


def test_only_frames_and_picked_sound_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    reading = Member.read

    def noting(self: Member, tar: IO[bytes]) -> bytes:
        read.append(self.extension)
        return reading(self, tar)

    monkeypatch.setattr(Member, "read", noting)
    write(small(), tmp_path / "report", {A0})

    assert sorted(read) == ["jpg"] * 4 + ["wav"]


def test_names_from_outside_stay_in_the_folder(tmp_path: Path) -> None:
    one = clip("local-a", 0.0).model_copy(update={"shard": "../../escaped"})
    made = with_tar(tmp_path, [sample(0)])
    data = replace(made, clips=[one], tars={"../../escaped": "0" * 64})
    media = write(data, tmp_path / "report", {one.clip_id})

    assert (tmp_path / "report" / media.frames[one.clip_id]).is_file()
    assert ".." not in media.frames[one.clip_id]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.tar", "report"]


def test_tempo_is_measured_of_a_sample_if_asked(tmp_path: Path) -> None:
    data = with_tar(tmp_path, [sample(n, audio=beats()) for n in range(3)])
    asked = replace(data, settings=Auditing(tempo=True, sample=2))
    facts = write(asked, tmp_path / "first").facts

    assert facts.tempo_bpm is not None
    assert facts.tempo_bpm.count == 2
    assert facts.tempo_bpm.mean == pytest.approx(120, rel=0.01)
    (tmp_path / "changed.tar").unlink()
    again = write(asked, tmp_path / "second", earlier=tmp_path / "first").facts
    assert again == facts


def test_tempo_that_is_asked_for_later_is_measured(tmp_path: Path) -> None:
    data = with_tar(tmp_path, [sample(n, audio=beats()) for n in range(3)])
    asked = replace(data, settings=Auditing(tempo=True))
    write(data, tmp_path / "first")
    facts = write(asked, tmp_path / "second", earlier=tmp_path / "first").facts

    assert facts.tempo_bpm is not None
    assert facts.tempo_bpm.count == 3


def beats() -> bytes:
    """A WAV file with half a second of sound and half a second of silence in turns."""
    on, off = wav(440.0, 0.1, 8_000)[44:], bytes(2 * 3_200)
    return wav(440.0, 10.0, 8_000)[:44] + 20 * (on + off)


def of_64_bits() -> bytes:
    """A WAV file whose header promises samples that cannot be converted."""
    data = bytearray(wav(440.0, 10.0, 8_000))
    data[28:36] = struct.pack("<IHH", 8 * 8_000, 8, 64)
    return bytes(data)


@pytest.mark.parametrize("audio", [b"sound", beats()[:60], of_64_bits()])
def test_sound_that_cannot_be_decoded_has_no_tempo(tmp_path: Path, audio: bytes) -> None:
    data = with_tar(tmp_path, [sample(n, audio=audio) for n in range(3)])
    facts = write(replace(data, settings=Auditing(tempo=True)), tmp_path / "report").facts

    assert facts.tempo_bpm is None
    assert facts.frames == 3


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DatasetError, match="cannot be written"):
        write_media(small(), set(), tmp_path / "report", None)


def test_each_shard_is_told_when_it_is_done(tmp_path: Path) -> None:
    told: list[int] = []
    write_media(small(), set(), tmp_path / "report", None, told.append)

    assert told == [1, 1]
