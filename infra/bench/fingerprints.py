"""What audio fingerprints survive, and how fast one is found among very many.

    python infra/bench/fingerprints.py [--songs 6] [--tracks 100000]

Makes songs of synthetic music, changes them as uploads are changed, and prints for each change the
similarity to the original and whether it is found among the other songs. Then fills the index with
random fingerprints and plants copies of one in a hundred, 10 % of their bits turned over and their
first four seconds missing, and prints recall, CPU seconds and memory; the same for frame hashes.
Takes some minutes.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.demo.tunes import draw_tune, synthesise
from pipeline.songs.alignment import Fingerprint, align, as_fingerprint, similarity
from pipeline.songs.audio import ITEM_S, chromaprint, hear
from pipeline.songs.audio_index import AudioIndex
from pipeline.songs.frames import FrameIndex
from pipeline.songs.frames import similarity as frame_similarity

RATE, SECONDS = 44_100, 130
ITEMS = 948
PICTURE = ["-f", "lavfi", "-i", "color=size=16x16:rate=1", "-shortest"]


@dataclass(frozen=True)
class Change:
    """What happens to a copy."""

    name: str
    effect: str = "anull"
    codec: str = "pcm_s16le"


CHANGES = (
    Change("AAC 64 kbit/s", codec="aac"),
    Change("Opus 64 kbit/s", codec="libopus"),
    Change("a quarter of the level", "volume=0.25"),
    Change("9 dB louder, limited", "volume=9dB,alimiter=limit=1:level=0"),
    Change("first 4 s missing", "atrim=start=4,asetpts=PTS-STARTPTS"),
    Change("4 s of silence before", "adelay=4000:all=1"),
    Change("nothing above 3 kHz", "lowpass=3000,lowpass=3000"),
    Change("mono", "pan=stereo|c0=0.5*c0+0.5*c1|c1=0.5*c0+0.5*c1"),
    Change("right side inverted", "pan=stereo|c0=c0|c1=-1*c1"),
    Change("echo of 0.3 s", "aecho=1:0.6:300:0.6"),
    Change("pitch +1 %", f"asetrate={RATE * 1.01},aresample={RATE},atempo=1/1.01"),
    Change("pitch +3 %", f"asetrate={RATE * 1.03},aresample={RATE},atempo=1/1.03"),
    Change("tempo +1 %", "atempo=1.01"),
    Change("speed +1 %", f"asetrate={RATE * 1.01},aresample={RATE}"),
)


def song(number: int) -> NDArray[np.float32]:
    """Five tunes, one after the other: more variety than one that repeats itself."""
    parts = [synthesise(draw_tune(1000 * number + part), SECONDS / 5, RATE) for part in range(5)]
    return np.concatenate(parts)


def heard(sound: NDArray[np.float32], change: Change, program: Path, folder: Path) -> Fingerprint:
    """The fingerprint of a changed copy of a sound."""
    path = folder / "copy.mkv"
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "2"]
    effect = change.effect.replace("1/1.01", str(1 / 1.01)).replace("1/1.03", str(1 / 1.03))
    made = ["-af", effect, "-c:a", change.codec, "-b:a", "64k", "-c:v", "mpeg4", str(path)]
    command = [str(program), "-v", "error", "-y", *raw, "-i", "pipe:0", *PICTURE, *made]
    subprocess.run(command, input=sound.tobytes(), check=True)
    found = hear(path)
    assert found.fingerprint, found.reason
    return as_fingerprint(found.fingerprint)


def share(one: Fingerprint, two: Fingerprint) -> float:
    """The share of equal bits where two fit best, be it a peak or not."""
    found = align(one, two)
    assert found is not None
    return found.share


def table(songs: int) -> Iterator[str]:
    """What each change does to the similarity, in Markdown."""
    program = chromaprint()
    assert program is not None, "There is no ffmpeg with chromaprint."
    yield "| change | least | median | found among the others |\n|---|---|---|---|"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = [song(number) for number in range(songs)]
        originals = [heard(sound, Change(""), program, folder) for sound in sounds]
        index = AudioIndex()
        for number, original in enumerate(originals):
            index.add(number, original)
        for change in CHANGES:
            copies = [heard(sound, change, program, folder) for sound in sounds]
            shares = [share(a, b) for a, b in zip(originals, copies, strict=True)]
            found = sum(number in index.candidates(copy) for number, copy in enumerate(copies))
            least, median = min(shares), statistics.median(shares)
            yield f"| {change.name} | {least:.2f} | {median:.2f} | {found} of {songs} |"
        pairs = [share(a, b) for i, a in enumerate(originals) for b in originals[:i]]
        median, most = statistics.median(pairs), max(pairs)
        yield f"| another song | {min(pairs):.2f} | {median:.2f} (at most {most:.2f}) | |"


def audio_at_scale(tracks: int) -> Iterator[str]:
    """Filling the audio index and finding planted copies."""
    rng, index, missing = np.random.default_rng(0), AudioIndex(), round(4 / ITEM_S)
    copies: dict[int, Fingerprint] = {}
    spent = 0.0
    for number in range(tracks):
        track = rng.integers(0, 2**32, ITEMS, np.uint32)
        if number % 100 == 0:
            bits = (rng.random((ITEMS, 32)) < 0.1) * (1 << np.arange(32, dtype=np.uint64))
            copies[number] = (track ^ bits.sum(axis=1).astype(np.uint32))[missing:]
        before = time.process_time()
        index.add(number, track)
        spent += time.process_time() - before
    before = time.process_time()
    index.candidates(track)
    yield _filled("audio", tracks, spent + time.process_time() - before, index.nbytes)
    before = time.process_time()
    found = sum(index.candidates(copy)[:1] == [number] for number, copy in copies.items())
    yield _found(found, len(copies), time.process_time() - before)
    strangers = [rng.integers(0, 2**32, ITEMS, np.uint32) for _ in range(1_000)]
    wrong = sum(bool(index.candidates(stranger)) for stranger in strangers)
    yield f"- Of 1,000 unknown tracks {wrong} have candidates to compare."
    before = time.process_time()
    for stranger in strangers[:50]:
        similarity(track, stranger)
    yield f"- One comparison: {(time.process_time() - before) * 20:.1f} CPU ms."


def frames_at_scale(videos: int) -> Iterator[str]:
    """Filling the frame index and finding planted copies."""
    rng, index = np.random.default_rng(0), FrameIndex()
    hashes = rng.integers(-(2**63), 2**63, (videos, 8), np.int64)
    before = time.process_time()
    for number, frames in enumerate(hashes):
        index.add(number, frames)
    index.candidates(hashes[0])
    yield _filled("frame", videos, time.process_time() - before, index.nbytes)
    planted = range(0, videos, 100)
    turned = (rng.random((len(planted), 8, 64)) < 0.1) * (1 << np.arange(64, dtype=np.uint64))
    copies = hashes[::100] ^ turned.sum(axis=2, dtype=np.uint64).view(np.int64)
    before = time.process_time()
    found = sum(
        number in index.candidates(copy) and frame_similarity(hashes[number], copy) > 0.85
        for number, copy in zip(planted, copies, strict=True)
    )
    yield _found(found, len(planted), time.process_time() - before)


def _filled(kind: str, count: int, spent: float, held: int) -> str:
    return f"- {count:,} in the {kind} index: {spent:.1f} CPU s, {held / 1e6:.0f} MB."


def _found(found: int, planted: int, spent: float) -> str:
    each = 1000 * spent / planted
    return f"- Planted copies found: {found:,} of {planted:,}; one look-up: {each:.1f} CPU ms."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=6)
    parser.add_argument("--tracks", type=int, default=100_000)
    asked = parser.parse_args()
    for lines in (audio_at_scale(asked.tracks), frames_at_scale(asked.tracks), table(asked.songs)):
        for line in lines:
            print(line, flush=True)
        print()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"Most memory that this took: {peak:.2f} GB.")


if __name__ == "__main__":
    main()
