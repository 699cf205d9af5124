"""Rain, snow and fog: masks that are drawn once and then only moved."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from pipeline.demo.inks import smooth_noise
from pipeline.demo.looks import RGB, TimeOfDay, lit, mix

OVERSAMPLING = 2


def add_rain(picture: Image.Image, t: float, line: float) -> None:
    """Rain at `t` seconds over a picture. It falls in a loop that wraps around without a seam."""
    _fall(picture, _rain(picture.size, line), (206, 222, 240), t * 2.3 * picture.height)


def add_snow(picture: Image.Image, t: float, line: float) -> None:
    """Snow at `t` seconds over a picture: small flakes far away, large ones near and faster."""
    for near, speed in ((False, 0.10), (True, 0.19)):
        flakes = _snow(picture.size, line, near)
        _fall(picture, flakes, (255, 255, 255), t * speed * picture.height)


def add_fog(picture: Image.Image, t: float, time: TimeOfDay) -> None:
    """Banks of fog at `t` seconds over a picture, in that time of day's light."""
    width, height = picture.size
    fog = _fog(picture.size)
    left = round((0.5 - 0.5 * math.cos(0.08 * t)) * (fog.width - width))
    grey = mix(lit((228, 230, 238), time), (255, 255, 255), 0.12)
    picture.paste(grey, (0, 0), fog.crop((left, 0, left + width, height)))


def _fall(picture: Image.Image, mask: Image.Image, colour: RGB, distance: float) -> None:
    height = picture.height
    down = round(distance) % height
    picture.paste(colour, (0, down), mask)
    picture.paste(colour, (0, down - height), mask)


@lru_cache(maxsize=8)
def _rain(size: tuple[int, int], line: float) -> Image.Image:
    width, height = (side * OVERSAMPLING for side in size)
    rng = np.random.default_rng(11)
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    long = 0.085 * height
    for x, y, strength in rng.uniform(0, 1, (150, 3)):
        x, y = x * width * 1.1, y * height
        for wrapped in (y, y - height):
            end = (x - 0.22 * long, wrapped + long)
            draw.line(
                ((x, wrapped), end),
                round(110 + 120 * strength),
                max(1, round(0.8 * line * OVERSAMPLING)),
            )
    return canvas.reduce(OVERSAMPLING)


@lru_cache(maxsize=8)
def _snow(size: tuple[int, int], line: float, near: bool) -> Image.Image:
    width, height = (side * OVERSAMPLING for side in size)
    rng = np.random.default_rng(12 + near)
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    for x, y, large in rng.uniform(0, 1, (60 if near else 110, 3)):
        x, y = x * width, y * height
        radius = OVERSAMPLING * line * ((1.1 if near else 0.6) + 0.6 * large)
        for wrapped in (y, y - height, y + height):
            draw.ellipse((x - radius, wrapped - radius, x + radius, wrapped + radius), 235)
    return canvas.reduce(OVERSAMPLING)


@lru_cache(maxsize=8)
def _fog(size: tuple[int, int]) -> Image.Image:
    width, height = size
    banks = smooth_noise((2 * width, height), max(8, height // 4), 13)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return Image.fromarray(
        (255 * (0.22 + 0.33 * banks + 0.16 * down)).clip(0, 255).astype(np.uint8)
    )
