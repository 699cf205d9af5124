"""Frames without the black borders that screening found."""

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipeline.media.clips import cut_video
from pipeline.media.ffmpeg_cutter import FfmpegCutter
from pipeline.media.pyav_cutter import PyavCutter
from pipeline.media.raw import Cutter, Rectangle, Rgb
from pipeline.media.settings import Cutting
from pipeline.screen.borders import picture_of
from pipeline.stage import Failure
from schemas.clip import Clip
from schemas.video import Video
from tests.pipeline.media.footage import noise, run_ffmpeg
from tests.pipeline.screen.screened import evidence_of
from tests.tools import need_tool

FILM = (0, 24, 320, 156)
"""What is inside the bars of the made video."""
VIDEO = Video(
    video_id="demo-a", source="s", url="u", song_id="x", split="train", shard="train-000000"
)


@pytest.fixture(params=["pyav", "ffmpeg"])
def cutter(request: pytest.FixtureRequest) -> type[Cutter]:
    if request.param == "ffmpeg":
        need_tool("ffmpeg")
    return {"pyav": PyavCutter, "ffmpeg": FfmpegCutter}[request.param]


def write(path: Path, degrees: int = 0) -> Path:
    """Red at the left and green at the right between black bars, shown turned clockwise."""
    left, top, right, bottom = FILM
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[top:bottom, left:right] = (200, 40, 40)
    picture[top:bottom, 160:right] = (40, 200, 40)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", 25, {"crf": "4"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        if degrees:
            video.set_display_rotation(-degrees)
        audio = out.add_stream("aac", 48_000, layout="mono")
        for number in range(60):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(noise(2.4)[np.newaxis], "fltp", "mono")
        sound.sample_rate = 48_000
        out.mux([*video.encode(None), *audio.encode(sound), *audio.encode(None)])
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("crop") / "film.mp4")


def frame(cutter: type[Cutter], path: Path, short_side: int, crop: Rectangle | None) -> Rgb:
    with closing(cutter(path, short_side, crop)) as opened:
        return opened.frame(0.5).rgb


def sides(rgb: Rgb) -> str:
    """Which colours lie left and right of the middle, or above and below it."""
    height, width = rgb.shape[:2]
    ends = [rgb[height // 2, width // 5], rgb[height // 2, -width // 5]]
    if np.ptp(np.array(ends, int), axis=0).max() < 60:
        ends = [rgb[height // 5, width // 2], rgb[-height // 5, width // 2]]
    return "".join("rgb"[int(np.argmax(pixel))] for pixel in ends)


@pytest.mark.parametrize("short_side", [512, 132, 100, 67, 31])
def test_a_cropped_frame_has_no_bars_and_the_wanted_size(
    short_side: int, film: Path, cutter: type[Cutter]
) -> None:
    rgb = frame(cutter, film, short_side, FILM)
    high = min(132, short_side)
    assert rgb.shape[0] == pytest.approx(high, abs=1)
    assert rgb.shape[1] == pytest.approx(high * 320 / 132, abs=1.5)
    assert rgb.max(axis=2).min() > 60, "a line of the bars is left"
    assert sides(rgb) == "rg"


def test_without_a_rectangle_the_bars_stay(film: Path, cutter: type[Cutter]) -> None:
    rgb = frame(cutter, film, 512, None)
    assert rgb.shape == (180, 320, 3)
    assert rgb[:20].max() < 30


@pytest.mark.parametrize(("degrees", "seen"), [(90, "rg"), (270, "gr")])
def test_the_rectangle_is_of_the_upright_picture(
    degrees: int, seen: str, cutter: type[Cutter], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.mp4", degrees)
    rgb = frame(cutter, path, 66, (24, 0, 156, 320))
    assert rgb.shape == (160, 66, 3)
    assert rgb.max(axis=2).min() > 60
    assert sides(rgb) == seen


def test_the_rectangle_is_in_square_pixels(cutter: type[Cutter], tmp_path: Path) -> None:
    write(tmp_path / "square.mp4")
    path = tmp_path / "a.mp4"
    arguments = ["-vf", "setsar=4/3", "-c:v", "libx264", "-c:a", "copy", str(path)]
    run_ffmpeg(need_tool("ffmpeg"), ["-i", str(tmp_path / "square.mp4"), *arguments])
    assert frame(cutter, path, 512, None).shape == (135, 320, 3)
    rgb = frame(cutter, path, 512, (0, 18, 320, 117))
    assert rgb.shape == (99, 320, 3)
    assert rgb.max(axis=2).min() > 60


@pytest.mark.parametrize("name", ["pyav", "ffmpeg"])
def test_clips_are_cropped_only_where_the_recipe_asks(name: str, film: Path) -> None:
    if name == "ffmpeg":
        need_tool("ffmpeg")
    cutting = Cutting(clip_seconds=2, clips_per_video=1, cutter=name)
    asked = cutting.model_copy(update={"crop_borders": True})

    def size(cutting: Cutting, picture: Rectangle | None) -> tuple[int, int]:
        (made,) = cut_video(VIDEO, film, cutting, 0, picture)
        assert not isinstance(made, Failure)
        clip: Clip = made[0]
        return clip.frame_width, clip.frame_height

    assert size(asked, FILM) == (320, 132)
    assert size(asked, None) == (320, 180)
    assert size(cutting, FILM) == (320, 180)


def test_a_frame_smaller_than_the_rectangle_is_a_failure(film: Path) -> None:
    cutting = Cutting(clip_seconds=2, clips_per_video=1, crop_borders=True)
    (failure,) = cut_video(VIDEO, film, cutting, 0, (0, 24, 640, 300))
    assert isinstance(failure, Failure)
    assert failure.reason == "crop_outside"


def test_both_cutters_crop_alike(film: Path) -> None:
    need_tool("ffmpeg")
    one, other = (frame(kind, film, 90, FILM) for kind in (PyavCutter, FfmpegCutter))
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other).mean() < 1


@pytest.mark.parametrize(("degrees", "inside"), [(0, FILM), (90, (24, 0, 156, 320))])
def test_screening_finds_the_rectangle_that_cutting_takes(
    degrees: int, inside: Rectangle, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.mp4", degrees)
    picture = picture_of(evidence_of(path))
    assert picture == pytest.approx(inside, abs=2)
    rgb = frame(PyavCutter, path, 512, picture)
    assert rgb.max(axis=2).min() > 60
