"""Perceptual hashes of pictures that are drawn here."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.demo.scenes import draw_scene, render
from pipeline.songs.frames import BLANK, FrameIndex, hashes, is_varied, similarity
from pipeline.songs.settings import Duplicates

LEAST = Duplicates().frame_similarity
WIDTH, HEIGHT = 320, 180


def pictures(seed):
    return [render(draw_scene(8 * seed + n), 1.0, WIDTH, HEIGHT) for n in range(8)]


def hashed(frames):
    return np.array(hashes(frames), np.int64)


@pytest.fixture(scope="module")
def original():
    return pictures(0)


@pytest.fixture(scope="module")
def others():
    return [hashed(pictures(seed)) for seed in (1, 2, 3)]


def coded(frame):
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=20)
    return np.asarray(Image.open(file))


def scaled(frame):
    return np.asarray(Image.fromarray(frame).resize((100, 90)))


COPIES = {
    "coded": coded,
    "scaled": scaled,
    "brighter": lambda frame: np.minimum(frame.astype(int) + 40, 255).astype(np.uint8),
    "cropped a little": lambda frame: frame[3:-3, 6:-6],
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_known_and_found(change, original, others):
    copy, index = hashed([COPIES[change](frame) for frame in original]), FrameIndex()
    for number, frames in enumerate([hashed(original), *others]):
        index.add(number, frames)
    assert similarity(hashed(original), copy) >= LEAST
    assert index.candidates(copy)[:1] == [0]


def test_a_copy_with_two_frames_of_other_shots_is_known(original):
    shifted = [*original[:2], *pictures(1)[:2], *original[4:]]
    assert similarity(hashed(original), hashed(shifted)) == 1.0
    assert similarity(hashed(original), hashed(pictures(1)[:5] + original[5:])) < LEAST


def test_other_pictures_are_not_taken_for_it(original, others):
    assert max(similarity(hashed(original), other) for other in others) < LEAST - 0.1


def test_blank_frames_are_no_evidence(original):
    rng = np.random.default_rng(0)
    blank = [np.clip(rng.normal(level, 2, (HEIGHT, WIDTH, 3)), 0, 255) for level in (0, 90, 255)]
    dark = hashed([frame.astype(np.uint8) for frame in blank * 2])
    assert dark.tolist() == [BLANK] * 6
    assert similarity(dark, dark) == 0.0
    assert not is_varied(dark)
    index = FrameIndex()
    index.add(0, dark)
    assert index.candidates(dark) == []
    mixed = hashed(original[:6])
    mixed[:2] = BLANK
    assert similarity(mixed, hashed(original[:6])) == 1.0


def test_one_picture_all_the_time_is_not_varied(original):
    assert is_varied(hashed(original))
    assert not is_varied(hashed([coded(original[0]), scaled(original[0]), *original[:1] * 6]))


def test_equal_pictures_at_other_places_are_no_candidates(original):
    index = FrameIndex()
    index.add(0, hashed(original))
    assert index.candidates(hashed(original[::-1])) == []


def test_hashes_fit_into_signed_integers_and_come_back(original):
    values = hashes(original)
    assert all(-(2**63) <= value < 2**63 and value != BLANK for value in values)
    assert hashes([original[0][:, :, :1].repeat(3, axis=2)]) != [BLANK]
    assert hashes([]) == []


def test_frames_of_any_shape_are_hashed():
    rng = np.random.default_rng(0)
    for shape in ((1, 1, 3), (1, 500, 3), (2, 2, 3)):
        assert len(hashes([rng.integers(0, 255, shape, np.uint8)])) == 1
