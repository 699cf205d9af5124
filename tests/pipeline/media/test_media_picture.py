"""Frames as a person would see them: upright, square pixels, right colours."""

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipeline.media.ffmpeg_cutter import FfmpegCutter
from pipeline.media.picture import final_size
from pipeline.media.pyav_cutter import PyavCutter
from pipeline.media.raw import Cutter, Rgb
from tests.pipeline.media.footage import noise, number_of, run_ffmpeg, write_master
from tests.tools import need_tool

ORANGE = (200, 90, 40)
KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
SPACE = {"bt601": 6, "bt709": 1, "untagged": 2}


@pytest.fixture(params=["pyav", "ffmpeg"])
def cutter(request: pytest.FixtureRequest) -> type[Cutter]:
    if request.param == "ffmpeg":
        need_tool("ffmpeg")
    return {"pyav": PyavCutter, "ffmpeg": FfmpegCutter}[request.param]


def picture(cutter: type[Cutter], path: Path, short_side: int = 512) -> Rgb:
    with closing(cutter(path, short_side)) as opened:
        return opened.frame(0.5).rgb


def yuv(matrix: str, full: bool, bits: int) -> list[int]:
    """ORANGE by the equations of ITU-T H.273, 8.3."""
    kr, kb = KR_KB[matrix]
    r, g, b = (value / 255 for value in ORANGE)
    y = kr * r + (1 - kr - kb) * g + kb * b
    chroma = [(b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)]
    scale = 2 ** (bits - 8)
    if full:
        top = 2**bits - 1
        return [round(y * top), *(round(c * top + 128 * scale) for c in chroma)]
    return [round((219 * y + 16) * scale), *(round((224 * c + 128) * scale) for c in chroma)]


def colour_video(path: Path, values: list[int], space: int, full: bool, size=(320, 180)) -> Path:
    width, height = size
    deep = max(values) > 255
    pixels = "yuv420p10le" if deep else "yuv420p"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx265" if deep else "libx264", 25, {
            "preset": "ultrafast", "crf": "4", "x265-params": "log-level=none"})  # fmt: skip
        video.width, video.height, video.pix_fmt = width, height, pixels
        context = video.codec_context
        context.colorspace, context.color_range = space, 2 if full else 1
        audio = out.add_stream("aac", 48_000, layout="mono")
        for number in range(25):
            frame = VideoFrame(width, height, pixels)
            for plane, value in zip(frame.planes, values, strict=True):
                kind = np.uint16 if deep else np.uint8
                plane.update(np.full(plane.buffer_size // kind().itemsize, value, kind).tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 25)
            frame.colorspace, frame.color_range = space, 2 if full else 1
            out.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(noise(1.0)[np.newaxis], "fltp", "mono")
        sound.sample_rate = 48_000
        out.mux([*video.encode(None), *audio.encode(sound), *audio.encode(None)])
    return path


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_tagged_colours_come_back(
    matrix: str, bits: int, full: bool, cutter: type[Cutter], tmp_path: Path
) -> None:
    path = colour_video(tmp_path / "a.mp4", yuv(matrix, full, bits), SPACE[matrix], full)
    rgb = picture(cutter, path)
    assert rgb.dtype == np.uint8
    assert rgb.reshape(-1, 3).mean(axis=0) == pytest.approx(ORANGE, abs=3)


@pytest.mark.parametrize(("size", "matrix"), [((320, 180), "bt601"), ((1280, 720), "bt709")])
def test_untagged_colours_go_by_height(
    size: tuple[int, int], matrix: str, cutter: type[Cutter], tmp_path: Path
) -> None:
    values = yuv(matrix, False, 8)
    path = colour_video(tmp_path / "a.mp4", values, SPACE["untagged"], False, size)
    assert picture(cutter, path).reshape(-1, 3).mean(axis=0) == pytest.approx(ORANGE, abs=3)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_master(tmp_path_factory.mktemp("picture") / "master.mkv", noise(2.0))


def corners(rgb: Rgb) -> list[str]:
    """Which corner of the upright picture is red, green, blue and white."""
    height, width = rgb.shape[:2]
    names = []
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            red, green, blue = (int(c) > 128 for c in rgb[y, x])
            names.append("rgbw"[3 if red and green and blue else [red, green, blue].index(True)])
    return names


DEGREES = {0: "rgbw", 90: "brwg", 180: "wbgr", 270: "gwrb"}
"""Corners in reading order after turning clockwise."""


@pytest.mark.parametrize("degrees", DEGREES)
def test_a_turned_video_is_upright(degrees: int, cutter: type[Cutter], tmp_path: Path) -> None:
    quarters = np.zeros((180, 320, 3), np.uint8)
    quarters[:90, :160], quarters[:90, 160:] = (255, 0, 0), (0, 255, 0)
    quarters[90:, :160], quarters[90:, 160:] = (0, 0, 255), (255, 255, 255)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", 25)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.set_display_rotation(-degrees)
        audio = out.add_stream("aac", 48_000, layout="mono")
        for number in range(25):
            frame = VideoFrame.from_ndarray(quarters, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(noise(1.0)[np.newaxis], "fltp", "mono")
        sound.sample_rate = 48_000
        out.mux([*video.encode(None), *audio.encode(sound), *audio.encode(None)])
    rgb = picture(cutter, path)
    assert rgb.shape == ((180, 320, 3) if degrees % 180 == 0 else (320, 180, 3))
    assert "".join(corners(rgb)) == DEGREES[degrees]


def test_pixels_become_square(cutter: type[Cutter], master: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    arguments = ["-vf", "setsar=4/3", "-c:v", "libx264", "-c:a", "aac", str(path)]
    run_ffmpeg(need_tool("ffmpeg"), ["-i", str(master), *arguments])
    rgb = picture(cutter, path)
    assert rgb.shape == (135, 320, 3)
    assert number_of(rgb) == 13


def test_a_large_frame_is_reduced_to_the_short_side(cutter: type[Cutter], master: Path) -> None:
    rgb = picture(cutter, master, short_side=90)
    assert rgb.shape == (90, 160, 3)
    assert number_of(rgb) == 13


def test_a_frame_is_never_enlarged() -> None:
    assert final_size(320, 180, 1.0, 512) == (320, 180)
    assert final_size(1920, 1080, 1.0, 512) == (910, 512)
    assert final_size(1080, 1920, 1.0, 512) == (512, 910)
    assert final_size(720, 576, 16 / 11, 512) == (720, 396)
    assert final_size(720, 576, 8 / 9, 512) == (569, 512)
    assert final_size(2000, 1, 1.0, 512) == (2000, 1)
