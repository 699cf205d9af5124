"""Drawing styles: each turns a mask and a colour into a painted layer.

Backgrounds and subjects go through the same inks, so a picture is of one style throughout.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from pipeline.demo.looks import RGB, Style, mix, vivid

Grid = npt.NDArray[np.floating[Any]]
PAPER: RGB = (250, 246, 236)
DARK: RGB = (24, 22, 34)


def ink(mask: Image.Image, colour: RGB, style: Style, line: float) -> Image.Image:
    """Paint one layer.

    Args:
        mask: `L`, 255 where the thing is.
        colour: what colour it is.
        style: how it is drawn.
        line: thickness of lines, in pixels.

    Returns:
        `RGBA` of the mask's size.
    """
    return _INKS[style](mask, colour, line)


def _flat(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    return _solid(mask, colour)


def _outline(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    inside = _grid(mask)
    stroke = _stroke(mask, 1.3 * line)
    return _layer(_blend(mix(PAPER, colour, 0.10), colour, stroke), np.maximum(inside, stroke))


def _sketch(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    inside = _grid(mask)
    rows, columns = _axes(inside.shape)
    wobble = smooth_noise(mask.size, 24, 1)
    darkness = 1 - sum(colour) / 765
    step = 2.6 * line
    falling = _hatch(rows + columns + 6 * wobble, step, 0.34 + 0.24 * darkness)
    rising = _hatch(rows - 1.3 * columns + 6 * wobble, 1.5 * step, 0.20 + 0.38 * darkness)
    pencil = np.maximum(falling, 0.8 * rising) * inside * (0.72 + 0.28 * wobble)
    edge = np.maximum(
        _stroke(mask, 0.6 * line), 0.7 * np.roll(_stroke(mask, 0.5 * line), 2, (0, 1))
    )
    rgb = _blend(mix(PAPER, colour, 0.16), mix(colour, DARK, 0.08), pencil)
    rgb += (np.array(mix(colour, DARK, 0.72), np.float32) - rgb) * edge[..., None]
    return _layer(rgb, np.maximum(inside, edge))


def _watercolour(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    soft = _grid(mask.filter(ImageFilter.GaussianBlur(1.6 * line)))
    # A noisy threshold on the blurred mask makes the edge run, as on wet paper.
    inside = np.clip((soft - 0.5 + 0.30 * (smooth_noise(mask.size, 14, 2) - 0.5)) * 6 + 0.5, 0, 1)
    rim = np.clip(1 - np.abs(inside * soft - 0.62) * 4.5, 0, 1)
    grain = smooth_noise(mask.size, 3, 3) - 0.5
    pigment = 0.50 + 0.46 * smooth_noise(mask.size, 60, 4) + 0.14 * grain + 0.22 * rim
    return _layer(_blend(PAPER, colour, np.clip(pigment, 0, 1)), 0.94 * inside)


def _neon(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    bright = vivid(colour)
    tube = _stroke(mask, line)
    glow = 2.3 * _grid(_image(tube).filter(ImageFilter.GaussianBlur(3 * line)))
    light = np.clip(np.maximum(tube, glow), 0, 1)
    rgb = _blend(mix(DARK, bright, 0.14), bright, light)
    core = 0.62 * np.clip(2.2 * _stroke(mask, 0.45 * line) - 0.6, 0, 1)
    rgb += (255 - rgb) * core[..., None]
    return _layer(rgb, np.maximum(0.86 * _grid(mask), light))


def _comic(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    inside = _grid(mask)
    rows, columns = _axes(inside.shape)
    turn = np.float32(np.pi / (2.0 * line))
    dots = np.sin((rows + columns) * turn) * np.sin((rows - columns) * turn)
    # The dots grow towards the lower right of the thing itself.
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    shade = (columns - left) / (right - left) + (rows - top) / (bottom - top)
    tone = np.clip((dots - 1.15 + 0.62 * shade) * 2.2, 0, 1)
    rgb = _blend(colour, mix(colour, DARK, 0.34), tone)
    edge = _stroke(mask, 1.25 * line)
    rgb += (np.array(DARK, np.float32) - rgb) * edge[..., None]
    return _layer(rgb, np.maximum(inside, edge))


def _pixel(mask: Image.Image, colour: RGB, line: float) -> Image.Image:
    hard = mask.point(lambda value: 255 if value > 110 else 0)
    rim = np.clip(_grid(hard) - _grid(hard.filter(ImageFilter.MinFilter(3))), 0, 1)
    return _layer(_blend(colour, mix(colour, DARK, 0.55), rim), _grid(hard))


_INKS: dict[Style, Callable[[Image.Image, RGB, float], Image.Image]] = {
    "flat": _flat,
    "outline": _outline,
    "sketch": _sketch,
    "pixel art": _pixel,
    "watercolour": _watercolour,
    "neon": _neon,
    "comic": _comic,
}


def _solid(mask: Image.Image, colour: RGB) -> Image.Image:
    layer = Image.new("RGBA", mask.size, colour)
    layer.putalpha(mask)
    return layer


def _stroke(mask: Image.Image, width: float) -> Grid:
    """A line of `width` pixels along the mask's edge. Across the edge a box blur of radius r rises
    by 1/(2r+1) a pixel, which turns brightness into distance."""
    radius = max(1, round(width))
    rise = _grid(mask.filter(ImageFilter.BoxBlur(radius))) - 0.5
    inside = np.asarray(mask) > 127
    # Where a tip is thinner than the line, the blur never reaches one half: all of it is line.
    distance = np.where(inside, np.maximum(rise, 0), -rise) * np.float32(2 * radius + 1)
    stroke: Grid = np.clip(np.float32(width / 2 + 0.5) - distance, 0, 1)
    return stroke


def _hatch(across: Grid, step: float, share: float) -> Grid:
    """Parallel lines `step` pixels apart that cover that share of the paper, soft at the edges."""
    saw: Grid = np.abs((across / np.float32(step)) % 1 - 0.5) * 2
    lines: Grid = np.clip((share - saw) * np.float32(step / 2) + 0.5, 0, 1)
    return lines


@lru_cache(maxsize=64)
def smooth_noise(size: tuple[int, int], grain: int, seed: int) -> Grid:
    """Clouds of noise, 0 to 1, with features of about `grain` pixels. `size` is width, height;
    the grid is [height, width]."""
    width, height = size
    cells = (height // grain + 3, width // grain + 3)
    coarse = np.random.default_rng(seed).integers(0, 256, cells, dtype=np.uint8)
    return _grid(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


@lru_cache(maxsize=16)
def _axes(shape: tuple[int, int]) -> tuple[Grid, Grid]:
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    return rows, columns


def _grid(mask: Image.Image) -> Grid:
    return np.asarray(mask, dtype=np.float32) / np.float32(255)


def _image(grid: Grid) -> Image.Image:
    return Image.fromarray((grid * 255).astype(np.uint8))


def _blend(one: RGB, other: RGB, share: Grid) -> Grid:
    base = np.array(one, np.float32)
    return base + (np.array(other, np.float32) - base) * share[..., None]


def _layer(rgb: Grid, alpha: Grid) -> Image.Image:
    layer = np.empty((*alpha.shape, 4), np.uint8)
    layer[..., :3] = np.clip(rgb, 0, 255)
    layer[..., 3] = np.clip(alpha, 0, 1) * 255
    return Image.fromarray(layer)
