"""How far each check of screening tells a fault from its absence, and what it costs.

    python infra/bench/screening.py [--seconds 60] [--height 360]

Makes a video for each fault and for its nearest harmless neighbours, as the tests do (with
tests/screening_media.py), prints what each check measures of them as a Markdown table, and then
the CPU seconds of each check on a plain video of four minutes, H.264 and VP9.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.acquire.download import adopt
from pipeline.screen import CHECKS
from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from schemas.video import Video
from tests import screening_media as made

ON = Screen(min_short_side=240, max_border=0.5, max_combed=0.005)
"""The default thresholds, and one each for the checks that are off by default."""


@dataclass(frozen=True)
class Medium:
    """One made video and the check that it is made for."""

    check: str
    name: str
    faulty: bool
    pictures: Iterable[made.Picture]
    sound: made.Sound
    codecs: tuple[str, str] = ("libx264", "aac")
    bit_rate: int = 128_000


def pictures(shape: made.Shape) -> list[Medium]:
    """Media for the checks of the picture."""
    sound = made.music(shape.seconds)
    bars = shape.height // 8
    sides = round(shape.width * 0.34)

    def medium(check: str, name: str, faulty: bool, seen: Iterable[made.Picture]) -> Medium:
        return Medium(check, name, faulty, seen, sound)

    return [
        medium("still", "still picture", True, made.still(shape)),
        medium("still", "motion", False, made.motion(shape)),
        medium("moving", "still picture under grain", True, made.grainy_still(shape)),
        medium("moving", "slow zoom under grain", True, made.slow_zoom(shape)),
        medium("moving", "slide show under grain", True, made.slides(shape)),
        medium("moving", "motion", False, made.motion(shape)),
        medium("moving", "one singer before a still scene", False, made.singer(shape)),
        medium("borders", "upright video in 16:9", True, made.boxed(made.motion(shape), sides, 0)),
        medium("borders", "bars of 2.35:1 in 16:9", False, made.boxed(made.motion(shape), 0, bars)),
        medium("borders", "motion", False, made.motion(shape)),
        medium("combed", "combed motion", True, made.combed(shape)),
        medium("combed", "motion", False, made.motion(shape)),
        medium("combed", "grain", False, made.grainy_still(shape)),
    ]


def sounds(shape: made.Shape) -> list[Medium]:
    """Media for the checks of the sound, on a small picture."""
    small = replace(shape, width=64, height=64, fps=5)
    music = made.music(shape.seconds)
    aac, opus = ("libx264", "aac"), ("libx264", "libopus")

    def medium(
        check: str,
        name: str,
        faulty: bool,
        sound: made.Sound,
        codecs: tuple[str, str] = aac,
        bit_rate: int = 128_000,
    ) -> Medium:
        return Medium(check, name, faulty, made.motion(small), sound, codecs, bit_rate)

    return [
        medium("bandwidth", "AAC 128k", False, music),
        medium("bandwidth", "Opus 128k", False, music, opus),
        medium("bandwidth", "few highs, AAC 128k", False, made.dark(music)),
        medium("bandwidth", "from 32 kHz", False, made.upsampled(music, 32_000)),
        medium("bandwidth", "AAC 64k", True, music, aac, 64_000),
        medium("bandwidth", "from 22.05 kHz", True, made.upsampled(music, 22_050)),
        medium("bandwidth", "from 22.05 kHz, Opus", True, made.upsampled(music, 22_050), opus),
        medium("bandwidth", "from 8 kHz", True, made.upsampled(music, 8_000)),
        medium("inverted", "one side inverted", True, made.phase_inverted(music)),
        medium("inverted", "stereo", False, music),
        medium("clipped", "18 dB over", True, made.clipped(music, 18)),
        medium("clipped", "12 dB over, Opus", True, made.clipped(music, 12), opus),
        medium("clipped", "loud master", False, made.limited(music)),
        medium("clipped", "music", False, music),
        medium("silence", "silent after a quarter", True, made.silent_after(music, 0.25)),
        medium("silence", "silent after three quarters", False, made.silent_after(music, 0.75)),
        medium("silence", "music", False, music),
    ]


def evidence(path: Path) -> Evidence:
    """As screening makes it."""
    video = Video(
        video_id="a", source="s", url=str(path), song_id="x", split="train", shard="train-0"
    )
    return Evidence(path, adopt(video))


def separation(media: list[Medium], shape: made.Shape, folder: Path) -> None:
    """Print a row for each medium."""
    print("| check | made | value | threshold | verdict |")
    print("|---|---|---|---|---|")
    for number, medium in enumerate(media):
        size = shape if medium.check in PICTURE else replace(shape, width=64, height=64, fps=5)
        path = made.write(
            folder / f"{number}.mp4",
            size,
            medium.pictures,
            medium.sound,
            medium.codecs,
            medium.bit_rate,
        )
        found = CHECKS[medium.check](evidence(path), ON)
        path.unlink()
        assert found is not None
        verdict = "passes" if found.passed else "dropped"
        wrong = " **wrong**" if found.passed == medium.faulty else ""
        print(
            f"| {medium.check} | {medium.name} | {found.value:.4g} | {found.threshold:g} "
            f"| {verdict}{wrong} |"
        )


PICTURE = {"still", "moving", "borders", "combed"}


def cost(shape: made.Shape, folder: Path) -> None:
    """Print the CPU seconds of one video, check by check."""
    kinds = {
        "H.264, AAC": ("mp4", "libx264", "aac"),
        "VP9, Opus": ("webm", "libvpx-vp9", "libopus"),
    }
    columns = []
    for suffix, *codecs in kinds.values():
        path = folder / f"cost.{suffix}"
        made.write(path, shape, made.motion(shape), made.music(shape.seconds), codecs, gop_s=5)
        columns.append(_costs(evidence(path)))
    print(f"\n| CPU s for {shape.seconds:g} s at {shape.height} lines | {' | '.join(kinds)} |")
    print("|---|---|---|")
    for name in columns[0]:
        print(f"| {name} | {' | '.join(f'{column[name]:.3f}' for column in columns)} |")
    print(f"| together | {' | '.join(f'{sum(column.values()):.2f}' for column in columns)} |")


def _costs(seen: Evidence) -> dict[str, float]:
    steps = {"decoding frames": lambda: seen.frames, "decoding sound": lambda: seen.excerpts}
    steps |= {name: lambda check=check: check(seen, ON) for name, check in CHECKS.items()}
    found = {}
    for name, step in steps.items():
        before = time.process_time()
        step()
        found[name] = time.process_time() - before
    return found


def main() -> None:
    """Make, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--height", type=int, default=360)
    options = parser.parse_args()
    width = options.height * 16 // 9
    shape = made.Shape(width, options.height, 12, options.seconds)
    with tempfile.TemporaryDirectory() as name:
        separation([*pictures(shape), *sounds(shape)], shape, Path(name))
        cost(replace(shape, fps=25, seconds=240.0), Path(name))


if __name__ == "__main__":
    main()
