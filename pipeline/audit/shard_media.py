"""One shard's part of a report: thumbnails, facts, and the sound of a few clips."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pipeline.audit.frame_facts import measure_frame
from pipeline.audit.kept import VERSION, ClipFacts, Frames, read_frames, take_over, write_frames
from pipeline.audit.tempo import RATE, tempo
from pipeline.audit.thumbnails import encode_small, open_small, safe_name
from pipeline.disk import writing
from pipeline.errors import DatasetError, MediaError
from pipeline.media.decode import decode_audio
from pipeline.media.members import Member, members_of
from pipeline.media.shard import AUDIO_FORMATS
from schemas.table import Sha256


@dataclass(frozen=True)
class ShardJob:
    """What is wanted of one shard."""

    tar: Path | None
    """None where it is gone."""
    digest: Sha256 | None
    """Of the tar; None where it is not committed, and nothing can be kept for the next report."""
    clips: tuple[str, ...]
    """To measure."""
    shown: frozenset[str]
    """That get a thumbnail."""
    heard: frozenset[str]
    """Whose sound is written."""
    timed: frozenset[str]
    """Whose tempo is measured."""
    folder: Path
    """For all files of this shard."""
    earlier: Path | None
    """The same folder of an earlier report."""


@dataclass(frozen=True)
class ShardMedia:
    """What came of it."""

    facts: dict[str, ClipFacts]
    """By clip; without those whose frame cannot be decoded."""
    audio: dict[str, str]
    """File names by clip."""


def write_shard_media(job: ShardJob) -> ShardMedia:
    """Write a shard's files. What cannot be read is left out; the tar is opened only for what an
    earlier report does not have.

    Raises:
        DiskFull: the disk is full.
    """
    with writing(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
    facts = _kept(job)
    missing = [clip for clip in job.clips if clip not in facts]
    audio: dict[str, str] = {}
    if missing or job.heard or job.timed:
        audio = _read(job, missing, facts)
    ordered = {clip: facts[clip] for clip in sorted(facts)}
    if job.digest and ordered:
        write_frames(job.folder, Frames(version=VERSION, tar=job.digest, clips=ordered))
    return ShardMedia(ordered, audio)


def _kept(job: ShardJob) -> dict[str, ClipFacts]:
    """What an earlier report has, with the thumbnails in place."""
    if job.earlier is None or job.digest is None:
        return {}
    found = read_frames(job.earlier, job.digest)
    facts = {}
    for clip in job.clips:
        if (known := found.get(clip)) is None:
            continue
        name = f"{safe_name(clip)}.jpg"
        if clip not in job.shown:
            facts[clip] = known.model_copy(update={"thumbnail": 0})
        elif take_over(job.earlier / name, job.folder / name, known.thumbnail):
            facts[clip] = known
    return facts


def _read(job: ShardJob, missing: list[str], facts: dict[str, ClipFacts]) -> dict[str, str]:
    """Fill in `facts` from the tar, and write the sound that is wanted."""
    audio: dict[str, str] = {}
    if job.tar is None:
        return audio
    try:
        found = {(each.clip_id, each.extension): each for each in members_of(job.tar)}
        file = job.tar.open("rb")
    except (DatasetError, OSError):
        return audio
    with file:
        for clip in missing:
            if (frame := found.get((clip, "jpg"))) and (data := _bytes(file, frame)):
                facts.update(_measured(job, clip, data))
        for clip in sorted(job.heard):
            if (sound := _sound(found, clip)) and (data := _bytes(file, sound)):
                audio[clip] = f"{safe_name(clip)}.{sound.extension}"
                _write(job.folder / audio[clip], data)
        for clip in sorted(job.timed & facts.keys()):
            if facts[clip].tempo_bpm is None and (sound := _sound(found, clip)):
                update = {"tempo_bpm": _tempo(_bytes(file, sound))}
                facts[clip] = facts[clip].model_copy(update=update)
    return audio


def _measured(job: ShardJob, clip: str, jpeg: bytes) -> dict[str, ClipFacts]:
    """The clip's facts, its thumbnail written; nothing where the frame cannot be decoded."""
    picture = open_small(jpeg)
    if picture is None:
        return {}
    size = 0
    if clip in job.shown:
        small = encode_small(picture)
        _write(job.folder / f"{safe_name(clip)}.jpg", small)
        size = len(small)
    return {clip: ClipFacts(**asdict(measure_frame(picture)), thumbnail=size)}


def _sound(found: Mapping[tuple[str, str], Member], clip: str) -> Member | None:
    return next((found[clip, kind] for kind in AUDIO_FORMATS if (clip, kind) in found), None)


def _bytes(file: IO[bytes], member: Member) -> bytes:
    """Nothing where the disk cannot read it."""
    try:
        return member.read(file)
    except OSError:
        return b""


def _tempo(audio: bytes) -> float | None:
    try:
        found = tempo(decode_audio(audio, RATE))
    except MediaError:
        return None
    return None if found is None else round(found, 2)


def _write(path: Path, data: bytes) -> None:
    with writing(path):
        path.write_bytes(data)
