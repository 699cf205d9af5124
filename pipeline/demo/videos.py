"""Ten synthetic music videos, with the troubles that real ones bring."""

import csv
import hashlib
import html
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.demo.encoding import Container, Format, Picture, encode, turn_clockwise
from pipeline.demo.instruments import Timbre
from pipeline.demo.looks import Style
from pipeline.demo.scenes import Scene, draw_scene, render
from pipeline.demo.server import ADDRESS
from pipeline.demo.tunes import BEATS, Tune, draw_tune, synthesise

VERSION = 2
"""Raise it when the same seed gives other files."""
LONGEST = 60.0
SHOT_SECONDS = 6.0
"""About how long the camera stays on one scene; cuts fall on the first beat of a bar."""
DEAD_LINK = "deleted-by-uploader.mp4"
PLAYLIST = "videos.csv"
_MARK = "made.txt"

Trouble = Literal["none", "portrait", "still", "silent"]
Page = Literal["none", "player", "card"]


@dataclass(frozen=True)
class Plan:
    """One video of the demo before its scenes are drawn."""

    name: str
    """File name without its ending, unique: yt-dlp takes it for the video's id."""
    title: str
    style: Style
    timbre: Timbre
    seconds: float
    width: int = 640
    """Of the picture as stored; a portrait is shown turned."""
    height: int = 360
    fps: Fraction = Fraction(15)
    rate: int = 44_100
    container: Container = "mp4"
    trouble: Trouble = "none"
    page: Page = "none"
    """Whether the list names a web page about the video instead of the file: one with a player
    (`<video>`), or one with a card for sharing (`og:video`)."""


PLANS = (
    Plan("amv-neon-dreams", "Violet Static - Neon Dreams [AMV]", "neon", "synth", 56),
    Plan("ink-city-official-video", "The Halftones - Ink City (Official Video)", "comic", "organ",
         48, width=854, height=480),
    Plan("paper-boats", "Graphite & Rain - Paper Boats", "sketch", "guitar",
         52, width=480, page="player"),
    Plan("pixel-quest-ost", "Bit Harbour - Pixel Quest <Level 3>", "pixel art", "bells",
         44, fps=Fraction(25, 2), page="card"),
    Plan("watercolour-morning", "Lake Choir - Watercolour Morning", "watercolour", "flute",
         50, rate=48_000, container="webm"),
    Plan("vertical-dance-short", "Papercut - Vertical Dance #short", "flat", "synth",
         42, trouble="portrait"),
    Plan("one-line-session", "Contour - One Line (Live Session)", "outline", "guitar",
         46, fps=Fraction(25), rate=48_000),
    Plan("full-album-still", "Lake Choir - Tides (Audio Only)", "watercolour", "strings",
         60, trouble="still"),
    Plan("muted-by-claim", "Papercut - Muted", "flat", "strings",
         40, width=480, trouble="silent"),
)  # fmt: skip
DUPLICATE = ("neon-dreams-reupload", "neon dreams amv (reupload!!)", "amv-neon-dreams")
"""Name and title of a copy, and the name of what it is a copy of."""


@dataclass(frozen=True)
class Shot:
    """One scene of a video."""

    start: float
    """Seconds from the video's beginning."""
    scene: Scene


@dataclass(frozen=True)
class DemoVideo:
    """One video as it is made. Its shots and its tune are the ground truth about it."""

    plan: Plan
    seconds: float
    shots: tuple[Shot, ...]
    tune: Tune | None
    """None where it is silent."""
    copy_of: str | None = None
    """The file that it is a copy of, byte for byte."""

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.plan.name}.{self.plan.container}"

    @property
    def link(self) -> str:
        """What the list of addresses names: the file itself, or a page about it."""
        return self.file if self.plan.page == "none" else f"watch-{self.plan.name}.html"

    def scene_at(self, t: float) -> Scene:
        """What can be seen at `t` seconds."""
        return [shot.scene for shot in self.shots if shot.start <= t][-1]


def plan_videos(seed: int = 0, longest: float = LONGEST) -> list[DemoVideo]:
    """The demo's videos, without making them: a pure function of its arguments."""
    videos = [_direct(plan, seed, min(plan.seconds, longest)) for plan in PLANS]
    name, title, original = DUPLICATE
    copied = next(video for video in videos if video.plan.name == original)
    again = replace(copied.plan, name=name, title=title)
    return [*videos, replace(copied, plan=again, copy_of=copied.file)]


def _direct(plan: Plan, seed: int, seconds: float) -> DemoVideo:
    tune = (
        None if plan.trouble == "silent" else draw_tune(_seed(seed, plan.name, "tune"), plan.timbre)
    )
    bar = BEATS * 60 / (tune.tempo if tune else 120)
    length = bar * max(1, round(SHOT_SECONDS / bar))
    shots = 1 if plan.trouble == "still" else math.ceil(seconds / length)
    return DemoVideo(
        plan=plan,
        seconds=seconds,
        shots=tuple(
            # One movement a bar, so that what moves keeps time with the music.
            Shot(
                start=i * length,
                scene=replace(
                    draw_scene(_seed(seed, plan.name, f"scene {i}"), plan.style), tempo=1 / bar
                ),
            )
            for i in range(shots)
        ),
        tune=tune,
    )


def _seed(seed: int, *names: str) -> int:
    digest = hashlib.sha256("/".join((str(seed), *names)).encode()).digest()
    return int.from_bytes(digest[:6], "big")


def make_videos(folder: Path, seed: int = 0, longest: float = LONGEST) -> list[DemoVideo]:
    """Write the demo's videos, its pages and `videos.csv` into a folder. What an earlier call
    with the same arguments finished is left alone.

    Args:
        folder: made if it does not exist.
        seed: another seed gives other scenes and tunes.
        longest: cuts every video off at that many seconds.
    """
    videos = plan_videos(seed, longest)
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / _MARK
    made_with = f"version {VERSION}, seed {seed}, longest {longest}\n"
    if not mark.exists() or mark.read_text() != made_with:
        mark.unlink(missing_ok=True)
        for video in videos:
            _make(folder, video)
        write_playlist(folder / PLAYLIST, videos)
        mark.write_text(made_with)
    return videos


def _make(folder: Path, video: DemoVideo) -> None:
    path = folder / video.file
    plan = video.plan
    if video.copy_of:
        shutil.copyfile(folder / video.copy_of, path)
    else:
        kind = Format(plan.container, plan.width, plan.height, plan.fps, plan.rate)
        encode(path, kind, _pictures(video), _sound(video))
        if plan.trouble == "portrait":
            turn_clockwise(path)
    if plan.page != "none":
        (folder / video.link).write_text(_page(video), encoding="utf-8")


def _pictures(video: DemoVideo) -> Iterator[Picture]:
    plan = video.plan
    for number in range(round(video.seconds * plan.fps)):
        t = 0.0 if plan.trouble == "still" else float(number / plan.fps)
        scene = video.scene_at(t)
        if plan.trouble == "portrait":
            yield np.ascontiguousarray(np.rot90(render(scene, t, plan.height, plan.width)))
        else:
            yield render(scene, t, plan.width, plan.height)


def _sound(video: DemoVideo) -> npt.NDArray[np.float32]:
    if video.tune is None:
        return np.zeros((round(video.seconds * video.plan.rate), 2), np.float32)
    return synthesise(video.tune, video.seconds, video.plan.rate)


def _page(video: DemoVideo) -> str:
    title, file = html.escape(video.plan.title), html.escape(video.file)
    mime = f"video/{video.plan.container}"
    if video.plan.page == "card":
        head = (
            f'<meta property="og:title" content="{title}">'
            f'<meta property="og:video" content="{file}">'
            f'<meta property="og:video:type" content="{mime}">'
        )
        body = f"<h1>{title}</h1>"
    else:
        head = ""
        body = f'<h1>{title}</h1><video controls><source src="{file}" type="{mime}"></video>'
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"{head}</head><body>{body}</body></html>\n"
    )


def write_playlist(path: Path, videos: list[DemoVideo], base: str = ADDRESS) -> None:
    """Write the list of addresses that the demo's recipe reads, with one link that is dead.

    Args:
        path: the file to write.
        videos: what the server has.
        base: the server's address, such as `http://127.0.0.1:8631`.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["url", "title"])
        rows.writerows([f"{base}/{video.link}", video.plan.title] for video in videos)
        rows.writerow([f"{base}/{DEAD_LINK}", "Papercut - Deleted by Uploader"])
