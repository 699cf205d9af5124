"""Frames of random scenes as the two image processors show them to the models, with the truth."""

import io
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pipeline.demo.held_out import scene_held_out
from pipeline.demo.looks import Background, Colour, Shape, Style, TimeOfDay, Weather
from pipeline.demo.scenes import MOST_SHAPES, TURNS, Scene, draw_scene, places, render
from pipeline.demo.shapes import shape_mask

SIDE = 96
"""Pixels of the square images that the models see."""
WORKERS = 2
PATCH = 12
"""Pixels of a side of one of their patches."""
SIZES = ((320, 180), (320, 180), (320, 180), (427, 240), (640, 360), (240, 180), (180, 320))
"""Width and height of the frames. The smaller ones, which look the same to the models, are drawn
in a third of the time."""
ATTRIBUTES: dict[str, int] = {
    "shape": len(get_args(Shape)),
    "colour": len(get_args(Colour)),
    "count": MOST_SHAPES,
    "style": len(get_args(Style)),
    "background": len(get_args(Background)),
    "weather": len(get_args(Weather)),
    "time_of_day": len(get_args(TimeOfDay)),
}
"""What can be seen, and how many values it has."""


@dataclass(frozen=True)
class Pictures:
    """N frames. A view is the whole frame pressed into a square, as BLIP's processor does, or the
    middle of it, as CLIP's does."""

    seeds: NDArray[np.int64]
    """[N], of `draw_scene`."""
    views: NDArray[np.uint8]
    """[2, N, SIDE, SIDE, 3]: pressed and cropped, RGB."""
    masks: NDArray[np.uint8]
    """[2, N, SIDE, SIDE / 8]: where a view shows the subject, eight pixels in a byte."""
    centres: NDArray[np.float32]
    """[2, N, MOST_SHAPES, 2]: the middle of each shape in a view, x and y in pixels; infinite for
    shapes that there are not."""
    labels: NDArray[np.int64]
    """[N, 7]: the truth, as numbers in the order of `ATTRIBUTES`."""


def training_scenes(count: int) -> list[int]:
    """Seeds of that many scenes that are not held out, from 0 on."""
    seeds: list[int] = []
    seed = 0
    while len(seeds) < count:
        if not scene_held_out(draw_scene(seed)):
            seeds.append(seed)
        seed += 1
    return seeds


def make_pictures(seeds: list[int]) -> Pictures:
    """A frame of each scene at a random moment, through JPEG at a random quality."""
    pieces = [seeds[i : i + 500] for i in range(0, len(seeds), 500)]
    with ProcessPoolExecutor(WORKERS) as pool:
        made = list(pool.map(_make, pieces))
    return Pictures(
        seeds=np.concatenate([one.seeds for one in made]),
        views=np.concatenate([one.views for one in made], axis=1),
        masks=np.concatenate([one.masks for one in made], axis=1),
        centres=np.concatenate([one.centres for one in made], axis=1),
        labels=np.concatenate([one.labels for one in made]),
    )


def _make(seeds: list[int]) -> Pictures:
    n = len(seeds)
    made = Pictures(
        seeds=np.array(seeds),
        views=np.zeros((2, n, SIDE, SIDE, 3), np.uint8),
        masks=np.zeros((2, n, SIDE, SIDE // 8), np.uint8),
        centres=np.full((2, n, MOST_SHAPES, 2), np.inf, np.float32),
        labels=np.array([label(draw_scene(seed)) for seed in seeds]),
    )
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng([seed, 1])
        scene = draw_scene(seed)
        size = SIZES[int(rng.integers(len(SIZES)))]
        t = float(rng.uniform(0, 60))
        frame = _compressed(Image.fromarray(render(scene, t, *size)), int(rng.integers(40, 96)))
        subject = _subject(scene, t, size)
        middles = np.array([(x, y) for x, y, *_ in places(scene, t, *size)])
        short = min(size)
        views = (
            (pressed, np.array(size), np.zeros(2)),
            (cropped, np.array((short, short)), (np.array(size) - short) / 2),
        )
        for view, (look, extent, corner) in enumerate(views):
            made.views[view, row] = np.asarray(look(frame))
            made.masks[view, row] = np.packbits(np.asarray(look(subject)) > 127, axis=1)
            made.centres[view, row, : len(middles)] = (middles - corner) * SIDE / extent
    return made


def label(scene: Scene) -> list[int]:
    """A scene's values as numbers, in the order of `ATTRIBUTES`."""
    return [
        get_args(Shape).index(scene.shape),
        get_args(Colour).index(scene.colour),
        scene.count - 1,
        get_args(Style).index(scene.style),
        get_args(Background).index(scene.background),
        get_args(Weather).index(scene.weather),
        get_args(TimeOfDay).index(scene.time_of_day),
    ]


def pressed(image: Image.Image) -> Image.Image:
    """As BLIP's processor resizes."""
    return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def cropped(image: Image.Image) -> Image.Image:
    """As CLIP's processor resizes and crops."""
    short = min(image.size)
    width, height = (int(side * SIDE / short) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    return image.crop((left, top, left + SIDE, top + SIDE))


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def _subject(scene: Scene, t: float, size: tuple[int, int]) -> Image.Image:
    """255 where the shapes are."""
    mask = Image.new("L", size)
    for x, y, radius, turn in places(scene, t, *size):
        shape = shape_mask(scene.shape, radius, 2 * math.pi * turn / TURNS, margin=0)
        mask.paste(shape, (round(x - shape.width / 2), round(y - shape.height / 2)), shape)
    return mask


MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
"""Of CLIP's training data (Radford et al. 2021), by which BLIP-2's processor normalises as well."""


def normalised(views: NDArray[np.uint8]) -> torch.Tensor:
    """[B, SIDE, SIDE, 3] in bytes to what the models take, [B, 3, SIDE, SIDE]."""
    pixels = torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255
    return (pixels - MEAN) / STD
