"""Facts of a frame, against values that can be worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipeline.audit.frame_facts import measure_frame


def grey(values: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(values).convert("RGB")


@pytest.mark.parametrize(("level", "brightness"), [(0, 0.0), (51, 0.2), (255, 1.0)])
def test_a_plain_picture_is_as_bright_as_its_grey(level: int, brightness: float) -> None:
    facts = measure_frame(grey(np.full((20, 30), level, np.uint8)))

    assert (facts.brightness, facts.contrast, facts.sharpness) == (brightness, 0.0, 0.0)


def test_colours_weigh_as_in_bt_601() -> None:
    green = Image.new("RGB", (4, 4), (0, 255, 0))

    assert measure_frame(green).brightness == pytest.approx(0.587, abs=0.002)


def test_half_black_and_half_white_is_the_greatest_contrast() -> None:
    facts = measure_frame(grey(np.repeat(np.array([[0], [255]], np.uint8), 8, axis=1)))

    assert (facts.brightness, facts.contrast) == (0.5, 0.5)


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    values = np.zeros((5, 5), np.uint8)
    values[2, 2] = 10
    # Inner pixels, 3 by 3: -40 in the middle, 10 on its four sides, 0 in the corners; mean 0.
    assert measure_frame(grey(values)).sharpness == pytest.approx((1600 + 4 * 100) / 9, abs=1e-3)


def test_a_blurred_picture_is_less_sharp() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    picture = grey(noise)
    blurred = picture.filter(ImageFilter.GaussianBlur(2))

    assert measure_frame(blurred).sharpness < measure_frame(picture).sharpness / 50


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2)])
def test_a_picture_without_inner_pixels_has_no_sharpness(size: tuple[int, int]) -> None:
    assert measure_frame(Image.new("RGB", size)).sharpness == 0.0
