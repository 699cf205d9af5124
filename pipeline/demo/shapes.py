"""Outlines of the demo's shapes, and their masks."""

import math

import numpy as np
from PIL import Image, ImageDraw

from pipeline.demo.looks import Shape

OVERSAMPLING = 4
"""Masks are drawn this much larger and averaged down: that is the anti-aliasing."""

Points = list[tuple[float, float]]


def outline(shape: Shape) -> Points:
    """The shape's corners within the unit circle, y downwards. A ring's hole is not among them."""
    if shape == "square":
        return _polygon(4, turn=math.pi / 4, radius=0.98)
    if shape == "triangle":
        return _polygon(3, turn=-math.pi / 2)
    if shape == "star":
        corners = _polygon(10, turn=-math.pi / 2)
        return [(x, y) if i % 2 == 0 else (0.42 * x, 0.42 * y) for i, (x, y) in enumerate(corners)]
    if shape == "heart":
        angles = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        x = 16 * np.sin(angles) ** 3
        y = 13 * np.cos(angles) - 5 * np.cos(2 * angles) - 2 * np.cos(3 * angles)
        y -= np.cos(4 * angles)
        return list(zip((x / 17).tolist(), (-(y + 2.5) / 17).tolist(), strict=True))
    if shape == "diamond":
        return [(0.0, -1.0), (0.62, 0.0), (0.0, 1.0), (-0.62, 0.0)]
    if shape == "crescent":
        outer = np.linspace(0.25 * math.pi, 1.75 * math.pi, 48)
        # The inner arc has its centre to the right and meets the outer one at both horns.
        reach = math.hypot(math.cos(outer[0]) - 0.42, math.sin(outer[0]))
        horn = math.atan2(math.sin(outer[0]), math.cos(outer[0]) - 0.42)
        inner = np.linspace(2 * math.pi - horn, horn, 48)
        return [(math.cos(a) + 0.15, math.sin(a)) for a in outer] + [
            (0.57 + reach * math.cos(a), reach * math.sin(a)) for a in inner
        ]
    return _polygon(72)


def _polygon(corners: int, turn: float = 0.0, radius: float = 1.0) -> Points:
    angles = [turn + 2 * math.pi * i / corners for i in range(corners)]
    return [(radius * math.cos(a), radius * math.sin(a)) for a in angles]


def shape_mask(shape: Shape, radius: float, turn: float, margin: int) -> Image.Image:
    """The shape as an `L` picture, 255 inside.

    Args:
        shape: which shape.
        radius: of the circle around it, in pixels.
        turn: clockwise, in radians.
        margin: empty pixels on every side, for glows and shadows.
    """
    side = 2 * (math.ceil(radius) + margin)
    canvas = Image.new("L", (side * OVERSAMPLING, side * OVERSAMPLING))
    draw = ImageDraw.Draw(canvas)
    middle, scale = side * OVERSAMPLING / 2, radius * OVERSAMPLING
    cosine, sine = math.cos(turn), math.sin(turn)
    draw.polygon(
        [
            (middle + scale * (x * cosine - y * sine), middle + scale * (x * sine + y * cosine))
            for x, y in outline(shape)
        ],
        fill=255,
    )
    if shape == "ring":
        hole = 0.55 * scale
        draw.ellipse((middle - hole, middle - hole, middle + hole, middle + hole), fill=0)
    return canvas.reduce(OVERSAMPLING)
