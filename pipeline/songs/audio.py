"""Audio fingerprints: Chromaprint's, taken from the first two minutes of a file.

Every 0.1238 s gives 32 bits that say how the energy of the twelve pitch classes moves over about
two seconds. They hardly change with coding, gain or equalisation; they do with pitch and speed.
The file is decoded by the same library and from the same stream as when it is cut; a separate
program with Chromaprint in it only ever sees samples.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.lines import clean_line
from pipeline.media.container import Source, open_source
from pipeline.media.ffmpeg_cutter import find_ffmpeg
from schemas.table import Hertz, Seconds

RATE: Hertz = 11_025
"""Chromaprint works at this rate and no other."""
LISTENED_S: Seconds = 120.0
"""As AcoustID does; more tells no more."""
ITEM_S: Seconds = 0.1238
"""From one 32-bit item of a fingerprint to the next: a third of 4096 samples."""
TIMEOUT_S: Seconds = 60.0
"""The program needs 0.1 s; one that hangs is ended after this."""
REMEDY = (
    "No audio fingerprints: no ffmpeg with chromaprint is on this machine. To find copies by their "
    "sound, `pip install 'framesong[ffmpeg]'`, or install your system's ffmpeg."
)
_INVERTED = 4.0
"""Left minus right is listened to where it has this many times the power of left plus right, which
is a correlation of -0.6. No mix for loudspeakers does that; a copy with one side inverted does."""


@dataclass(frozen=True)
class Heard:
    """A fingerprint, or why there is none."""

    fingerprint: list[int] = field(default_factory=list)
    """32 unsigned bits each."""
    reason: str | None = None
    """One line for people."""


@cache
def chromaprint() -> Path | None:
    """An ffmpeg program that can make fingerprints, or None. Looked for once in a process."""
    for found in (find_ffmpeg(), _packaged()):
        if found is not None and _has_chromaprint(found):
            return Path(found)
    return None


def _packaged() -> str | None:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _has_chromaprint(program: str) -> bool:
    command = [program, "-hide_banner", "-v", "error", "-muxers"]
    try:
        run = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return any(line.split()[1:2] == [b"chromaprint"] for line in run.stdout.splitlines())


def hear(path: Path) -> Heard:
    """The fingerprint of a file's best audio stream, or why there is none.

    Costs 0.2 to 0.4 CPU seconds. A file that ends early or is damaged gives the fingerprint of what
    can be decoded.
    """
    program = chromaprint()
    if program is None:
        return Heard(reason=REMEDY)
    try:
        sound = _mono(path)
    except (MediaError, av.FFmpegError, OSError, ValueError) as error:
        return Heard(reason=clean_line(f"The audio cannot be decoded: {error}", 300))
    if not len(sound):
        return Heard(reason="The file has no audio that can be decoded.")
    return _fingerprint_of(sound, program)


def _mono(path: Path) -> NDArray[np.int16]:
    """The first two minutes as one channel at `RATE`, whichever of left plus right and left minus
    right is the music."""
    wanted = round(LISTENED_S * RATE)
    blocks, got = [], 0
    with closing(open_source(path)) as source:
        for block in _stereo(source):
            blocks.append(block)
            got += block.shape[1]
            if got >= wanted:
                break
    if not blocks:
        return np.zeros(0, np.int16)
    left, right = np.concatenate(blocks, axis=1)[:, :wanted]
    middle, side = left + right, left - right
    inverted = float(side @ side) > _INVERTED * float(middle @ middle)
    mono = (side if inverted else middle) * np.float32(0.5 * 32_767)
    samples: NDArray[np.int16] = np.clip(np.nan_to_num(mono), -32_768, 32_767).astype(np.int16)
    return samples


def _stereo(source: Source) -> Iterator[NDArray[np.float32]]:
    """Decoded blocks, [2, samples] at `RATE`. Damaged packets are left out; a stream that changes
    its rate or layout goes on in the new one."""
    resamplers: dict[tuple[str, str, int], AudioResampler] = {}
    for frame in _decoded(source):
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind not in resamplers:
            resamplers[kind] = AudioResampler("fltp", "stereo", RATE)
        for piece in resamplers[kind].resample(frame):
            yield piece.to_ndarray().astype(np.float32, copy=False)


def _decoded(source: Source) -> Iterator[AudioFrame]:
    for packet in source.container.demux(source.audio):
        try:
            yield from (each for each in packet.decode() if isinstance(each, AudioFrame))
        except av.InvalidDataError:
            continue


def _fingerprint_of(sound: NDArray[np.int16], program: Path) -> Heard:
    """Chromaprint over samples at `RATE`."""
    command = [str(program), "-v", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1"]
    command += ["-i", "pipe:0", "-f", "chromaprint", "-fp_format", "raw", "-algorithm", "1", "-"]
    try:
        run = subprocess.run(
            command, input=sound.tobytes(), capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Heard(reason=clean_line(f"ffmpeg does not make a fingerprint: {error}", 300))
    if run.returncode:
        why = clean_line(run.stderr.decode(errors="replace"), 200)
        return Heard(reason=f"ffmpeg does not make a fingerprint: {why}")
    items = np.frombuffer(run.stdout[: len(run.stdout) // 4 * 4], np.uint32)
    if not len(items):
        return Heard(reason="The audio is too short for a fingerprint.")
    return Heard(items.tolist())
