"""What stands in front of the sky: one function for each background, from far to near."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pipeline.demo.looks import RGB, Background

OVERSAMPLING = 2
Size = tuple[int, int]
Heights = npt.NDArray[np.float64]
"""A skyline from left to right, as shares of the picture's height from the top."""


class Layer(NamedTuple):
    """One thing of one colour."""

    mask: Image.Image
    colour: RGB
    """By daylight."""
    small: bool = False
    """Too small for lines of its own: it is painted flat in every style."""
    glows: bool = False
    """Shines by itself, so that the time of day leaves its colour alone."""


def clouds(size: Size, rng: np.random.Generator) -> Image.Image:
    """A mask of a few clouds in the upper third."""

    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        for i in range(4):
            x = width * (i + rng.uniform(0.2, 0.8)) / 4
            y = height * rng.uniform(0.09, 0.30)
            puff = min(width, height) * rng.uniform(0.045, 0.075)
            for step, scale in enumerate((0.6, 1.0, 1.25, 0.9, 0.6)):
                _disc(draw, x + (step - 2) * 1.1 * puff, y - 0.5 * scale * puff, scale * puff)

    return _drawn(size, paint)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), 255)


def _drawn(size: Size, paint: Callable[[ImageDraw.ImageDraw, int, int], None]) -> Image.Image:
    """An anti-aliased mask: `paint` draws with 255 on a larger canvas of the width and height
    that it is given."""
    width, height = size[0] * OVERSAMPLING, size[1] * OVERSAMPLING
    canvas = Image.new("L", (width, height))
    paint(ImageDraw.Draw(canvas), width, height)
    return canvas.reduce(OVERSAMPLING)


def _ground(size: Size, skyline: Heights) -> Image.Image:
    """Everything below a skyline."""

    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        far = 40  # beyond the picture, so that no style draws a line along its border
        across = np.linspace(-far, width + far, len(skyline)).tolist()
        line = list(zip(across, (skyline * height).tolist(), strict=True))
        draw.polygon([(-far, height + far), *line, (width + far, height + far)], 255)

    return _drawn(size, paint)


def _waves(rng: np.random.Generator, base: float, swell: float, cycles: float) -> Heights:
    across = np.linspace(0, 2 * math.pi * cycles, 200) + rng.uniform(0, 6)
    return base + swell * (np.sin(across) + 0.4 * np.sin(2.3 * across + 1))


def _open_sky(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    yield from ()


def _stars(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        short = min(width, height)
        for _ in range(170):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            _disc(draw, x, y, short * (0.0022 + 0.0065 * rng.uniform() ** 4))

    yield Layer(_drawn(size, paint), (255, 250, 224), small=True, glows=True)


def _city(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    yield Layer(_houses(size, _roofs(size, rng, 0.52)), (142, 150, 178))
    roofs = _roofs(size, rng, 0.68)
    yield Layer(_houses(size, roofs), (84, 90, 122))
    panes: RGB = (255, 222, 120) if dark else (186, 214, 236)
    lit = 0.45 if dark else 0.7
    yield Layer(_windows(size, roofs, rng, lit), panes, small=True, glows=dark)


class Roof(NamedTuple):
    """A house's edges as shares of the picture's width (left, right) and height (top)."""

    left: float
    right: float
    top: float


def _roofs(size: Size, rng: np.random.Generator, base: float) -> list[Roof]:
    roofs: list[Roof] = []
    left = -0.1 * rng.uniform(0.2, 1)
    while left < 1:
        right = left + rng.uniform(0.09, 0.18) * size[1] / size[0]
        roofs.append(Roof(left, right, base + rng.uniform(-0.12, 0.14)))
        left += (right - left) * rng.uniform(1.0, 1.25)
    return roofs


def _houses(size: Size, roofs: list[Roof]) -> Image.Image:
    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        for left, right, top in roofs:
            draw.rectangle((left * width, top * height, right * width, height + 40), 255)
        draw.rectangle((0, 0.93 * height, width, height), 255)

    return _drawn(size, paint)


def _windows(size: Size, roofs: list[Roof], rng: np.random.Generator, lit: float) -> Image.Image:
    """Rows of windows, of which that share shows."""

    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        pane = min(width, height) * 0.016
        for left, right, top in roofs:
            for x in np.arange(left * width + pane, right * width - 1.5 * pane, 2.2 * pane):
                for y in np.arange(top * height + pane, 0.92 * height, 2.8 * pane):
                    if rng.uniform() < lit:
                        draw.rectangle((x, y, x + pane, y + 1.4 * pane), 255)

    return _drawn(size, paint)


def _sea(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    colours: tuple[RGB, ...] = ((96, 178, 206), (62, 148, 190), (40, 116, 168), (24, 84, 140))
    for row, colour in enumerate(colours):
        skyline = _waves(rng, 0.60 + 0.105 * row, 0.004 + 0.006 * row, 7 - 1.5 * row)
        yield Layer(_ground(size, skyline), colour)


def _mountains(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    for base, tall, colour in (
        (0.58, 0.34, (150, 164, 196)),
        (0.72, 0.24, (104, 122, 158)),
    ):
        skyline = base - tall * _peaks(rng)
        rock = _ground(size, skyline)
        yield Layer(rock, colour)
        snow = np.asarray(_ground(size, skyline)).copy()
        jags = rng.uniform(-0.035, 0.035, 2 * len(skyline))
        limit = np.interp(np.linspace(0, 1, size[0]), np.linspace(0, 1, len(jags)), jags)
        below = np.arange(size[1])[:, None] / size[1] > base - 0.55 * tall + limit[None, :]
        snow[below] = 0
        yield Layer(Image.fromarray(snow), (244, 248, 255), small=True)
    yield Layer(_ground(size, _waves(rng, 0.86, 0.015, 1.5)), (88, 140, 92))


def _peaks(rng: np.random.Generator) -> Heights:
    """A ridge of peaks, 0 to 1: midpoints displaced by less each time."""
    line = np.array([0.3, 0.8, 0.2, 0.9, 0.25, 0.7, 0.2])
    line += rng.uniform(-0.3, 0.3, len(line)) * np.array([1, 1, 0.6, 1, 0.6, 1, 1])
    for rough in (0.10, 0.06, 0.03):
        middles = (line[1:] + line[:-1]) / 2 + rng.uniform(-rough, rough, len(line) - 1)
        line = np.insert(line, np.arange(1, len(line)), middles)
    return line.clip(0, 1)


def _forest(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    yield Layer(_firs(size, rng, 0.62, 0.15), (122, 168, 128))
    yield Layer(_firs(size, rng, 0.74, 0.19), (74, 132, 88))
    yield Layer(_firs(size, rng, 0.90, 0.24), (38, 92, 60))


def _firs(size: Size, rng: np.random.Generator, base: float, tall: float) -> Image.Image:
    """A row of firs that stand `base` down the picture, `tall` of its shorter side high."""

    def paint(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
        x = 0.0
        while x < width + 40:
            foot = (base + rng.uniform(-0.02, 0.03)) * height
            reach = tall * min(width, height) * rng.uniform(0.75, 1.2)
            for tier in range(4):
                top = foot - reach * (1 - 0.22 * tier)
                half = reach * (0.13 + 0.065 * tier)
                hem = top + 0.42 * reach
                draw.polygon([(x, top), (x - half, hem), (x + half, hem)], 255)
            x += reach * rng.uniform(0.35, 0.75)
        draw.rectangle((-40, (base + 0.01) * height, width + 40, height + 40), 255)

    return _drawn(size, paint)


def _desert(size: Size, rng: np.random.Generator, dark: bool) -> Iterator[Layer]:
    colours: tuple[RGB, ...] = ((238, 206, 150), (226, 180, 116), (206, 152, 90))
    for row, colour in enumerate(colours):
        yield Layer(_ground(size, _waves(rng, 0.66 + 0.11 * row, 0.035, 1.2 + 0.3 * row)), colour)


LANDSCAPES: dict[Background, Callable[[Size, np.random.Generator, bool], Iterator[Layer]]] = {
    "plain": _open_sky,
    "gradient": _open_sky,
    "stars": _stars,
    "city": _city,
    "sea": _sea,
    "mountains": _mountains,
    "forest": _forest,
    "desert": _desert,
}
"""Painters by background: (width and height, randomness, whether it is dark) -> layers."""
