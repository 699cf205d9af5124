"""What the checks look at is there once, at the right times, and bounded."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.screen import evidence as module
from pipeline.screen.evidence import EXCERPT_S, Evidence
from schemas.media import Media
from tests import screening_media as made
from tests.pipeline.screen.screened import evidence_of

SHAPE = made.Shape(64, 64, 10, 40.0)


@pytest.fixture(scope="module", params=["mp4", "mkv", "webm", "ts", "avi"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    codecs = {"webm": ("libvpx-vp9", "libopus"), "avi": ("mpeg4", "libmp3lame")}
    target = tmp_path_factory.mktemp("made") / f"a.{request.param}"
    return made.write(
        target,
        SHAPE,
        made.motion(SHAPE),
        made.music(SHAPE.seconds),
        codecs.get(request.param, ("libx264", "aac")),
    )


def test_frames_lie_at_fixed_shares_of_the_duration(path: Path) -> None:
    frames = evidence_of(path).frames
    assert [shown.time_s for shown in frames] == pytest.approx(
        [40 * (place + 0.5) / 8 for place in range(8)], abs=0.15
    )
    for shown in frames:
        assert shown.rgb.shape == (64, 64, 3)
        assert shown.luma.shape == (64, 64)
        assert len(shown.later) == 2


def test_frames_show_what_is_there_at_their_times(path: Path) -> None:
    for shown in evidence_of(path).frames:
        near = [made.moment(SHAPE, shown.time_s + off) for off in (-0.1, 0.0, 0.1)]
        assert min(np.abs(shown.rgb.astype(int) - each).mean() for each in near) < 20


def test_excerpts_are_spread_and_in_stereo(path: Path) -> None:
    excerpts = evidence_of(path).excerpts
    assert len(excerpts) == 8
    for excerpt in excerpts:
        assert excerpt.rate == made.RATE
        assert excerpt.sides.shape[0] == 2
        assert excerpt.sides.shape[1] == pytest.approx(EXCERPT_S * made.RATE, abs=5000)
        assert 0.2 < np.abs(excerpt.sides).max() < 1.0


def test_a_short_video_gives_what_it_has(tmp_path: Path) -> None:
    shape = made.Shape(64, 64, 10, 1.0)
    path = made.write(tmp_path / "a.mp4", shape, made.motion(shape), made.music(1.0))
    seen = evidence_of(path)
    assert len(seen.frames) == 8
    assert len(seen.excerpts) == 1
    assert seen.excerpts[0].sides.shape[1] == pytest.approx(made.RATE, rel=0.1)


@pytest.mark.parametrize(("layout", "sides"), [("mono", (1, 1)), ("5.1", (1, 2))])
def test_one_channel_is_both_sides_and_of_more_the_front_counts(
    layout: str, sides: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", 10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = out.add_stream("flac", 48_000, layout=layout)
        for picture in made.motion(made.Shape(64, 64, 10, 4.0)):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        channels = 1 if layout == "mono" else 6
        levels = np.arange(1, channels + 1, dtype=np.int16) * 1000
        block = np.tile(levels, 4 * 48_000)[np.newaxis]
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
        frame.sample_rate, frame.pts = 48_000, 0
        out.mux([*video.encode(None), *audio.encode(frame), *audio.encode(None)])
    heard = evidence_of(path).excerpts[0].sides
    assert heard[:, 5000] * 32.768 == pytest.approx(sides, abs=1e-3)


def test_a_file_is_decoded_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = evidence_of(path)
    assert seen.frames is seen.frames
    monkeypatch.setattr(module, "open_source", lambda path: pytest.fail("opened twice"))
    monkeypatch.setattr(module, "PyavCutter", lambda *_: pytest.fail("opened twice"))
    assert len(seen.frames) == 8


def test_a_failure_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = Evidence(tmp_path / "none.mp4", Media(video_id="a", status="ok", duration_s=9))
    for _ in range(2):
        with pytest.raises(MediaError, match="no file"):
            _ = seen.frames
        monkeypatch.setattr(module, "PyavCutter", lambda *_: pytest.fail("tried twice"))


def test_a_frame_that_is_missing_is_black_and_keeps_its_place(tmp_path: Path) -> None:
    shape = made.Shape(64, 64, 10, 4.0)
    path = made.write(tmp_path / "a.mp4", shape, made.motion(shape), made.music(4.0))
    seen = Evidence(path, Media(video_id="a", status="ok", duration_s=8.0))
    means = [float(shown.rgb.mean()) for shown in seen.frames]
    assert [mean > 0 for mean in means] == [True] * 4 + [False] * 4
    assert seen.frames[7].time_s == 7.5


def test_large_pictures_are_reduced(tmp_path: Path) -> None:
    shape = made.Shape(2560, 1440, 4, 2.0)
    grey = (np.full((1440, 2560, 3), 128, np.uint8) for _ in range(shape.frames))
    path = made.write(tmp_path / "a.mp4", shape, grey, made.music(2.0))
    shown = evidence_of(path).frames[0]
    assert shown.rgb.shape == (1080, 1920, 3)
    assert shown.size == (1440, 2560)
    assert shown.inside((0, 400, 2560, 1040)).shape == (480, 1920, 3)
