"""Audio and frame share one timeline, in every container: against a full decode."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pipeline.media.audio import mono_of, resample
from pipeline.media.container import open_source
from pipeline.media.cut import cut_windows
from pipeline.media.picture import rgb_of
from pipeline.media.raw import RawCut
from pipeline.media.settings import Cutting
from pipeline.media.windows import draw_windows
from tests.pipeline.media.footage import run_ffmpeg, samples_off, write_master
from tests.pipeline.media.oracle import CASES, Case, make, measure
from tests.tools import nasa_video, need_tool

CUTTERS = ["pyav", "ffmpeg"]
MS_STAMPS = (".webm", ".mkv", ".flv")
"""These store times in milliseconds, 48 samples at 48 kHz."""


def short_cuts(cutter: str) -> Cutting:
    return Cutting(clip_seconds=2, clips_per_video=3, cutter=cutter)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oracle")
    write_master(path / "master.mkv")
    return path


@pytest.mark.parametrize("cutter", CUTTERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_frames_and_audio_are_exact(case: Case, cutter: str, folder: Path) -> None:
    path = make(case, folder, need_tool("ffmpeg"))
    found = measure(path, short_cuts(cutter))
    allowed = 0
    if path.suffix in MS_STAMPS:
        allowed = 24 if cutter == "pyav" else 48
    assert found.failures == []
    assert found.clips == 3
    assert found.frames_off == 0
    assert abs(found.samples_off) <= allowed
    if case.keeps_sync:
        assert abs(found.sync_off) <= allowed


def test_joined_hls_segments_are_exact(folder: Path, tmp_path: Path) -> None:
    program = need_tool("ffmpeg")
    source = make(CASES[0], folder, program)
    hls = ["-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_segment_filename"]
    run_ffmpeg(program, ["-i", str(source), *hls, f"{tmp_path}/%02d.ts", f"{tmp_path}/list.m3u8"])
    joined = tmp_path / "joined.mp4"
    segments = sorted(tmp_path.glob("*.ts"))
    joined.write_bytes(b"".join(segment.read_bytes() for segment in segments))
    found = measure(joined, short_cuts("pyav"))
    assert len(segments) > 2
    assert (found.clips, found.frames_off, found.samples_off) == (3, 0, 0)


@pytest.mark.parametrize("cutter", CUTTERS)
def test_real_footage_is_exact(cutter: str) -> None:
    if cutter == "ffmpeg":
        need_tool("ffmpeg")
    path = nasa_video()
    cutting = Cutting(clip_seconds=3, clips_per_video=4, cutter=cutter)
    with closing(open_source(path)) as source:
        assert (source.video.index, source.audio.index) == (3, 4)
        shown = list(source.container.decode(source.video))
    with closing(open_source(path)) as source:
        heard = list(source.container.decode(source.audio))
    line = resample(np.concatenate([mono_of(frame) for frame in heard]), 16_000, 48_000)
    cuts = list(cut_windows(path, draw_windows("nasa", 0, 13.0, cutting), cutting))
    assert len(cuts) == 4
    for cut in cuts:
        assert isinstance(cut, RawCut)
        wanted = next(f for f in shown if f.time >= cut.window.frame_s)
        assert cut.frame_pts_s == pytest.approx(wanted.time, abs=1e-4)
        difference = np.abs(cut.frame.astype(int) - rgb_of(wanted, 1.0, 512))
        assert difference.mean() < (1e-9 if cutter == "pyav" else 2)
        assert samples_off(cut.audio, line, round(cut.window.start_s * 48_000)) == 0
