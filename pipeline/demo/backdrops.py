"""The demo's backgrounds: a sky by time of day, and a landscape in layers from far to near."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipeline.demo.inks import DARK, PAPER, Grid, ink, smooth_noise
from pipeline.demo.landscapes import LANDSCAPES, Layer, clouds
from pipeline.demo.looks import SKIES, Background, Style, TimeOfDay, lit, mix, vivid

BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16
"""Thresholds of ordered dithering: how pixel art shades with few colours."""


@dataclass(frozen=True)
class View:
    """What a background is drawn for."""

    background: Background
    style: Style
    time: TimeOfDay
    cloudy: bool
    seed: int
    """Decides where hills, houses and stars stand."""
    size: tuple[int, int]
    """Width and height in pixels."""
    line: float
    """Thickness of lines, in pixels."""


def backdrop(view: View) -> Image.Image:
    """The background as an `RGB` picture of `view.size`."""
    rng = np.random.default_rng(view.seed)
    picture = Image.fromarray(_sky(view).clip(0, 255).astype(np.uint8))
    if view.cloudy:
        white = mix(lit((255, 255, 255), view.time), SKIES[view.time][1], 0.25)
        _lay(picture, Layer(clouds(view.size, rng), white), view)
    dark = view.time in ("sunset", "night")
    for layer in LANDSCAPES[view.background](view.size, rng, dark):
        colour = layer.colour if layer.glows else lit(layer.colour, view.time)
        _lay(picture, layer._replace(colour=colour), view)
    return picture


def _lay(picture: Image.Image, layer: Layer, view: View) -> None:
    style = "flat" if layer.small else view.style
    painted = ink(layer.mask, layer.colour, style, view.line)
    picture.paste(painted, (0, 0), painted)


def _sky(view: View) -> Grid:
    """[height, width, 3], 0 to 255."""
    top, horizon = SKIES[view.time]
    if view.background == "plain":
        top = horizon = mix(top, horizon, 0.35)
    if view.style == "neon":
        top, horizon = mix(top, DARK, 0.8), mix(mix(horizon, vivid(horizon), 0.35), DARK, 0.5)
    share = _fall(view)[..., None]
    rgb: Grid = np.array(top, np.float32) * (1 - share) + np.array(horizon, np.float32) * share
    paper = np.array(PAPER, np.float32)
    if view.style == "outline":
        rgb += (paper - rgb) * 0.5
    elif view.style == "sketch":
        whole = Image.new("L", view.size, 255)
        strokes = ink(whole, mix(top, horizon, 0.5), "sketch", view.line).convert("RGB")
        rgb += (np.asarray(strokes, np.float32) - rgb) * 0.7
    elif view.style == "watercolour":
        thin = 0.16 + 0.28 * sum(top) / 765
        wash = thin * smooth_noise(view.size, 70, 5) + 0.08 * smooth_noise(view.size, 3, 6)
        rgb += (paper - rgb) * wash[..., None]
    return rgb


def _fall(view: View) -> Grid:
    """How far each pixel is from the top of the sky to the horizon: [height, width], 0 to 1."""
    width, height = view.size
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    share: Grid = 0.7 * down + 0.3 * across if view.background == "gradient" else down + 0 * across
    if view.style == "pixel art":
        tiled = np.tile(BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width]
        share = np.floor(share * 6 + tiled) / 6
    return share
