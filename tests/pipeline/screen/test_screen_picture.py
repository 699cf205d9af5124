"""Checks of the picture tell each fault from its nearest harmless neighbours."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from pipeline.screen import CHECKS
from pipeline.screen.borders import picture_of
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict
from tests import screening_media as made
from tests.pipeline.screen.screened import evidence_of
from tests.videos import make_video

SHAPE = made.Shape()
ON = Screen(max_border=0.5, max_combed=0.005, min_short_side=240)
Seen = Callable[[made.Shape], Iterable[made.Picture]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(pictures: Iterable[made.Picture], codecs: tuple[str, str] = ("libx264", "aac")):
        suffix = "webm" if "vp" in codecs[0] else "mp4"
        path = tmp_path / f"made.{suffix}"
        return made.write(path, SHAPE, pictures, made.music(SHAPE.seconds), codecs)

    return write


def judged(check: str, path: Path) -> Verdict:
    found = CHECKS[check](evidence_of(path), ON)
    assert found is not None
    return found


def test_a_still_image_is_told_from_motion_by_a_wide_margin(write: Callable[..., Path]) -> None:
    moves, rests = (judged("still", write(seen(SHAPE))) for seen in (made.motion, made.still))
    assert moves.value > 5 * moves.threshold
    assert moves.passed
    assert rests.value < rests.threshold / 2
    assert not rests.passed
    assert rests.detail is not None
    assert "still image" in rests.detail


@pytest.mark.parametrize("codec", ["libvpx-vp9", "mpeg4"])
def test_a_still_image_shows_in_other_codecs_too(tmp_path: Path, codec: str) -> None:
    suffix = ".webm" if "vp9" in codec else ".mp4"
    audio = "libopus" if "vp9" in codec else "aac"
    moves, rests = (
        judged(
            "still",
            make_video(tmp_path / f"{still}{suffix}", 2, still=still, video=codec, audio=audio),
        )
        for still in (False, True)
    )
    assert (moves.passed, rests.passed) == (True, False)


def test_a_video_of_keyframes_only_is_not_judged_by_them(tmp_path: Path) -> None:
    found = judged("still", make_video(tmp_path / "mjpeg.mkv", 2, video="mjpeg"))
    assert found.passed
    assert found.detail == "keyframes only: not measured"


@pytest.mark.parametrize("codecs", [("libx264", "aac"), ("libvpx-vp9", "libopus")])
@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (made.grainy_still, "still picture"),
        (made.slow_zoom, "still picture"),
        (made.slides, "slide show"),
    ],
)
def test_grain_on_what_does_not_move_is_seen_through(
    seen: Seen, kind: str, codecs: tuple[str, str], write: Callable[..., Path]
) -> None:
    path = write(seen(SHAPE), codecs)
    assert judged("still", path).passed, "packets alone should not tell"
    found = judged("moving", path)
    assert found.value <= found.threshold / 2
    assert not found.passed
    assert found.detail is not None
    assert found.detail.startswith(kind)


@pytest.mark.parametrize("seen", [made.motion, made.singer, made.combed])
def test_what_moves_passes_the_second_look(seen: Seen, write: Callable[..., Path]) -> None:
    found = judged("moving", write(seen(SHAPE)))
    assert found.value >= 3 * found.threshold
    assert found.passed


@pytest.mark.parametrize(
    ("left", "top", "picture"),
    [
        (0, 0, (0, 0, 320, 180)),
        (0, 22, (0, 22, 320, 158)),
        (40, 0, (40, 0, 280, 180)),
        (32, 18, (32, 18, 288, 162)),
    ],
)
def test_the_picture_inside_black_bars_is_found(
    left: int, top: int, picture: tuple[int, ...], write: Callable[..., Path]
) -> None:
    evidence = evidence_of(write(made.boxed(made.motion(SHAPE), left, top)))
    assert picture_of(evidence) == pytest.approx(picture, abs=2)


def test_a_small_picture_inside_bars_is_dropped_and_a_wide_film_is_not(
    write: Callable[..., Path],
) -> None:
    upright = judged("borders", write(made.boxed(made.motion(SHAPE), 109, 0)))
    assert upright.value == pytest.approx(0.68, abs=0.02)
    assert not upright.passed
    film = judged("borders", write(made.boxed(made.motion(SHAPE), 0, 22)))
    assert film.value == pytest.approx(0.24, abs=0.02)
    assert film.passed


def test_a_dark_scene_is_no_border(write: Callable[..., Path]) -> None:
    """The left half is dark for half of the video."""

    def pictures() -> Iterable[made.Picture]:
        for number, picture in enumerate(made.motion(SHAPE)):
            if number < SHAPE.frames / 2:
                picture[:, :160] = 0
            yield picture

    assert picture_of(evidence_of(write(pictures()))) == (0, 0, 320, 180)


def test_a_black_video_has_no_picture(write: Callable[..., Path]) -> None:
    black = (np.zeros((SHAPE.height, SHAPE.width, 3), np.uint8) for _ in range(SHAPE.frames))
    path = write(black)
    assert picture_of(evidence_of(path)) is None
    assert judged("borders", path).value == 1


@pytest.mark.parametrize("width", [2560, 2222, 1080])
def test_borders_of_a_large_picture_are_in_its_own_pixels(width: int, tmp_path: Path) -> None:
    shape = made.Shape(width, 1440, 4, 1.0)
    grey = (np.full((1440, width, 3), 128, np.uint8) for _ in range(shape.frames))
    pictures = made.boxed(grey, 0, 180)
    path = made.write(tmp_path / "a.mp4", shape, pictures, made.music(1.0))
    picture = picture_of(evidence_of(path))
    assert picture == pytest.approx((0, 180, width, 1260), abs=3)
    assert picture is not None
    assert picture[::2] == (0, width)


def test_combing_is_told_from_motion_and_from_grain(write: Callable[..., Path]) -> None:
    teeth = judged("combed", write(made.combed(SHAPE)))
    assert teeth.value > 2 * teeth.threshold
    assert not teeth.passed
    for seen in (made.motion, made.grainy_still):
        whole = judged("combed", write(seen(SHAPE)))
        assert whole.value < whole.threshold / 5
        assert whole.passed


def test_a_picture_smaller_than_wanted_is_dropped_with_both_figures(
    write: Callable[..., Path],
) -> None:
    found = judged("resolution", write(made.motion(SHAPE)))
    assert (found.value, found.passed) == (180, False)
    assert found.detail == "the picture has 320x180 pixels; allowed is at least 240"


@pytest.mark.parametrize(
    ("formats", "passed"),
    [(["137", "140"], True), (["399-sr", "251"], False), (["251-drc", "sr-7"], True), ([], True)],
)
def test_what_the_site_enlarged_is_known_by_its_format(
    formats: list[str], passed: bool, write: Callable[..., Path]
) -> None:
    evidence = evidence_of(write(made.motion(made.Shape(64, 64, 5, 2.0))))
    evidence.media = evidence.media.model_copy(update={"format_ids": formats})
    found = CHECKS["upscaled"](evidence, ON)
    assert found is not None
    assert found.passed == passed


def test_slides_that_change_at_the_moments_looked_at_do_not_move(
    write: Callable[..., Path],
) -> None:
    """Moments are at 1, 3, … 15 s; the picture changes a sixth of a second after each."""
    times = (number / SHAPE.fps for number in range(SHAPE.frames))
    path = write(made.photo(int((time_s + 0.84) // 2), 320, 180) for time_s in times)
    found = judged("moving", path)
    assert (found.value, found.passed) == (0, False)
    assert "slide show" in str(found.detail)


def test_thin_lines_are_no_combing(write: Callable[..., Path]) -> None:
    def pictures() -> Iterable[made.Picture]:
        for picture in made.motion(SHAPE):
            picture[::6] = 255
            yield picture

    found = judged("combed", write(pictures()))
    assert found.value < found.threshold / 5
