"""Synthetic scenes: coloured shapes that move before a background, in a drawing style.

A `Scene` is both the recipe of a picture and its ground truth: whatever its fields say can be
seen, so captions can be checked against them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from pipeline.demo.backdrops import View, backdrop
from pipeline.demo.inks import ink
from pipeline.demo.looks import (
    COLOURS,
    Background,
    Colour,
    Motion,
    Shape,
    Style,
    TimeOfDay,
    Weather,
)
from pipeline.demo.shapes import shape_mask
from pipeline.demo.weather import add_fog, add_rain, add_snow

MOST_SHAPES = 5
PIXEL_LINES = 90
"""Pixel art is drawn this many pixels high (along the shorter side) and enlarged."""
TURNS = 60
"""Rotations are drawn in this many steps, so that drawn shapes can be used again."""
PAN = 0.08
"""How far the camera moves over the background, as a share of the picture's width."""

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """One shot: `count` equal shapes of one colour before a background."""

    shape: Shape
    colour: Colour
    count: int
    """1 to `MOST_SHAPES`. All of them are in view at all times and none hides another."""
    size: float
    """How much of its place a shape fills, 0.6 to 1."""
    motion: Motion
    tempo: float
    """Movements a second."""
    style: Style
    background: Background
    weather: Weather
    time_of_day: TimeOfDay
    seed: int
    """Decides only where hills, houses and stars stand."""


def draw_scene(seed: int, style: Style | None = None) -> Scene:
    """A random scene; the same seed gives the same one.

    Stars come out at night only, and neon shines only at sunset and at night.

    Args:
        seed: any integer from 0.
        style: a drawing style to keep to; by default it is drawn too.
    """
    rng = np.random.default_rng(seed)
    drawn: Style = _pick(rng, get_args(Style))
    style = style or drawn
    background: Background = _pick(rng, get_args(Background))
    times: tuple[TimeOfDay, ...] = get_args(TimeOfDay)
    if background == "stars":
        times = ("night",)
    elif style == "neon":
        times = ("sunset", "night")
    weathers: tuple[Weather, ...] = get_args(Weather)
    if background == "stars":
        weathers = ("clear",)
    shape: Shape = _pick(rng, get_args(Shape))
    motions: tuple[Motion, ...] = get_args(Motion)
    if shape in ("circle", "ring"):
        motions = ("drifting", "bouncing", "pulsing", "orbiting")
    return Scene(
        shape=shape,
        colour=_pick(rng, get_args(Colour)),
        count=int(rng.integers(1, MOST_SHAPES + 1)),
        size=float(rng.uniform(0.7, 1.0)),
        motion=_pick(rng, motions),
        tempo=float(rng.uniform(0.15, 0.5)),
        style=style,
        background=background,
        weather=_pick(rng, weathers),
        time_of_day=_pick(rng, times),
        seed=int(rng.integers(2**31)),
    )


def _pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]


def render(scene: Scene, t: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The scene at `t` seconds, as RGB [height, width, 3]. A pure function of its arguments; what
    does not move is kept between calls."""
    if scene.style == "pixel art":
        block = max(1, round(min(width, height) / PIXEL_LINES))
        small = _paint(scene, t, -(-width // block), -(-height // block))
        large = small.resize((small.width * block, small.height * block), Image.Resampling.NEAREST)
        return np.asarray(large.crop((0, 0, width, height)))
    return np.asarray(_paint(scene, t, width, height))


def _paint(scene: Scene, t: float, width: int, height: int) -> Image.Image:
    line = max(1.0, min(width, height) / 110)
    wide = _background(scene, round(width * (1 + PAN)), height, line)
    left = round((wide.width - width) * (0.5 - 0.5 * math.cos(0.35 * t)))
    picture = wide.crop((left, 0, left + width, height))
    if scene.weather == "fog":
        add_fog(picture, t, scene.time_of_day)
    for x, y, radius, turn in places(scene, t, width, height):
        sprite = _sprite(scene.shape, scene.colour, scene.style, round(radius), turn, line)
        corner = (round(x - sprite.width / 2), round(y - sprite.height / 2))
        picture.paste(sprite, corner, sprite)
    if scene.weather == "rain":
        add_rain(picture, t, line)
    elif scene.weather == "snow":
        add_snow(picture, t, line)
    return picture


@lru_cache(maxsize=16)
def _background(scene: Scene, width: int, height: int, line: float) -> Image.Image:
    return backdrop(
        View(
            background=scene.background,
            style=scene.style,
            time=scene.time_of_day,
            cloudy=scene.weather == "cloudy",
            seed=scene.seed,
            size=(width, height),
            line=line,
        )
    )


@lru_cache(maxsize=256)
def _sprite(
    shape: Shape, colour: Colour, style: Style, radius: int, turn: int, line: float
) -> Image.Image:
    """The painted subject, `RGBA`, with room for its glow or shadow."""
    mask = shape_mask(shape, radius, 2 * math.pi * turn / TURNS, margin=round(5 * line) + 2)
    painted = ink(mask, COLOURS[colour], style, line)
    if style != "flat":
        return painted
    shade = mask.filter(ImageFilter.GaussianBlur(1.5 * line)).point(lambda value: value * 2 // 5)
    shadow = Image.new("RGBA", mask.size, (10, 10, 24))
    shadow.putalpha(ImageChops.offset(shade, round(line), round(1.5 * line)))
    return Image.alpha_composite(shadow, painted)


def places(
    scene: Scene, t: float, width: int, height: int
) -> Iterator[tuple[float, float, float, int]]:
    """Where each shape is at `t` seconds: x, y and radius in pixels, and how far it is turned, in
    steps of a full turn over `TURNS`."""
    phase = 2 * math.pi * scene.tempo * t
    slots, reach = _slots(scene, phase, width, height)
    radius = (0.66 if scene.motion in ("drifting", "bouncing") else 0.9) * scene.size * reach
    room = reach - radius
    for i, (x, y) in enumerate(slots):
        own = phase + 0.7 * i
        turn, grown = 0.0, 1.0
        if scene.motion == "drifting":
            x += room * math.sin(phase)
        elif scene.motion == "bouncing":
            y += room * (1 - 2 * abs(math.sin(own)))
        elif scene.motion == "spinning":
            turn = own
        elif scene.motion == "rocking":
            turn = 0.4 * math.sin(own)
        elif scene.motion == "pulsing":
            grown = 0.86 + 0.14 * math.sin(own)
        yield x, y, radius * grown, round(turn / (2 * math.pi) * TURNS) % TURNS


def _slots(
    scene: Scene, phase: float, width: int, height: int
) -> tuple[list[tuple[float, float]], float]:
    """The middle of each shape's own place, and how far the place reaches to each side."""
    count = scene.count
    if scene.motion == "orbiting":
        angles = [phase + 2 * math.pi * i / count for i in range(count)]
        orbit = 0.27 * min(width, height)
        nearest = orbit * math.sin(math.pi / count) if count > 1 else math.inf
        reach = min(nearest, 0.22 * min(width, height))
        middle = (width / 2, height / 2)
        return [
            (middle[0] + orbit * math.cos(a), middle[1] + orbit * math.sin(a)) for a in angles
        ], reach
    columns = min(count, math.ceil(math.sqrt(count * width / height)))
    rows = math.ceil(count / columns)
    columns = math.ceil(count / rows)
    reach = min(0.96 * width / columns, 0.92 * height / rows, 0.7 * min(width, height)) / 2
    step = min(2.2 * reach, 0.96 * width / columns)
    slots = []
    for row in range(rows):
        here = min(columns, count - row * columns)
        for column in range(here):
            x = width / 2 + (column - (here - 1) / 2) * step
            y = height / 2 + (row - (rows - 1) / 2) * 2 * reach
            slots.append((x, y))
    return slots, reach
