"""One video to its clips: rows, media and failures."""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from pipeline.errors import MissingTool
from pipeline.media import cut, ffmpeg_cutter
from pipeline.media.clips import cut_video
from pipeline.media.decode import decode_audio, decode_frame
from pipeline.media.settings import Cutting
from pipeline.media.shard import read_shard, write_shard
from pipeline.stage import Failure, Sample
from schemas.clip import Clip
from schemas.video import Video
from tests.pipeline.media.footage import (
    HEIGHT,
    WIDTH,
    noise,
    number_of,
    run_ffmpeg,
    samples_off,
    stamped,
    write_master,
)
from tests.tools import need_tool

CUTTING = Cutting(clip_seconds=2, clips_per_video=4)


def video(video_id: str = "demo-a") -> Video:
    return Video(
        video_id=video_id, source="s", url="u", song_id="x", split="eval", shard="eval-000001"
    )


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_master(tmp_path_factory.mktemp("clips") / "master.mkv")


def clips_of(path: Path, cutting: Cutting = CUTTING) -> list[tuple[Clip, Sample] | Failure]:
    return list(cut_video(video(), path, cutting, seed=5))


def made(path: Path, cutting: Cutting = CUTTING) -> list[tuple[Clip, Sample]]:
    return [clip for clip in clips_of(path, cutting) if not isinstance(clip, Failure)]


def failed(path: Path, cutting: Cutting = CUTTING) -> list[Failure]:
    return [clip for clip in clips_of(path, cutting) if isinstance(clip, Failure)]


def test_rows_describe_their_media(master: Path) -> None:
    clips = made(master)
    assert [clip.clip_id for clip, _ in clips] == [
        f"demo-a-{start:08d}" for start in (0, 2000, 4000, 6000)
    ]
    for clip, sample in clips:
        assert sample.meta == clip.model_dump() == json.loads(json.dumps(sample.meta))
        assert (clip.split, clip.shard, clip.sample_rate) == ("eval", "eval-000001", 48_000)
        assert (clip.frame_width, clip.frame_height) == (WIDTH, HEIGHT)
        assert clip.audio_sha256 == hashlib.sha256(sample.audio).hexdigest()
        assert clip.frame_sha256 == hashlib.sha256(sample.frame).hexdigest()
        audio = decode_audio(sample.audio, 48_000)
        assert audio.shape == (96_000,)
        assert np.abs(audio).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)
        assert samples_off(audio, noise(), round(clip.start_s * 48_000)) == 0
        number = number_of(np.asarray(decode_frame(sample.frame)))
        assert number / 25 == pytest.approx(clip.frame_pts_s)
        assert clip.frame_s <= clip.frame_pts_s < clip.frame_s + 1 / 25
        assert clip.start_s <= clip.frame_s < clip.end_s


def test_two_builds_are_the_same_bytes(master: Path, tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        write_shard(tmp_path / name, (sample for _, sample in made(master)))
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    assert [s.clip_id for s in read_shard(tmp_path / "a.tar")] == [
        clip.clip_id for clip, _ in made(master)
    ]


def test_an_unusable_video_is_one_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("not a video")
    assert [(f.clip_id, f.reason) for f in failed(path)] == [("demo-a", "not_media")]


def test_a_video_shorter_than_a_clip_is_one_failure(master: Path) -> None:
    failures = failed(master, Cutting(clip_seconds=10))
    assert [(f.clip_id, f.reason) for f in failures] == [("demo-a", "too_short")]


def test_a_silent_window_is_a_failure(tmp_path: Path) -> None:
    audio = noise().copy()
    audio[96_000:192_000] = 0
    path = write_master(tmp_path / "a.mkv", audio)
    assert [(f.clip_id, f.reason) for f in failed(path)] == [("demo-a-00002000", "silent")]
    assert len(made(path)) == 3


def write_footage(path: Path, audio: dict[float, NDArray[np.float32]], frames: list[int]) -> Path:
    """Mono PCM that starts at each key, in seconds, and frames at these 25ths of a second."""
    with av.open(str(path), "w") as out:
        video_stream = out.add_stream("libx264", 25, {"preset": "ultrafast"})
        video_stream.width, video_stream.height = WIDTH, HEIGHT
        video_stream.time_base = Fraction(1, 25)
        sound = out.add_stream("pcm_s16le", 48_000, layout="mono")
        for at in frames:
            frame = VideoFrame.from_ndarray(stamped(at), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 25)
            out.mux(video_stream.encode(frame))
        for start_s, signal in audio.items():
            for at in range(0, len(signal), 960):
                scaled = np.rint(signal[np.newaxis, at : at + 960] * 32767).astype(np.int16)
                block = AudioFrame.from_ndarray(scaled, format="s16", layout="mono")
                block.sample_rate, block.pts = 48_000, round(start_s * 48_000) + at
                out.mux(sound.encode(block))
        out.mux([*video_stream.encode(None), *sound.encode(None)])
    return path


ALL_FRAMES = list(range(225))
CUTTERS = ["pyav", "ffmpeg"]


@pytest.mark.parametrize("cutter", CUTTERS)
def test_a_gap_in_the_audio_fails_its_windows_only(cutter: str, tmp_path: Path) -> None:
    if cutter == "ffmpeg":
        need_tool("ffmpeg")
    parts = {0.0: noise()[: 48_000 * 3], 3.1: noise()[: 48_000 * 5]}
    path = write_footage(tmp_path / "a.mkv", parts, ALL_FRAMES[:200])
    failures = failed(path, CUTTING.model_copy(update={"cutter": cutter}))
    assert [(f.clip_id, f.reason) for f in failures] == [
        ("demo-a-00002000", "audio_partly_missing")
    ]


def test_a_window_without_any_audio_is_a_failure(tmp_path: Path) -> None:
    parts = {0.0: noise()[: 48_000 * 2], 4.0: noise()[: 48_000 * 4]}
    path = write_footage(tmp_path / "a.mkv", parts, ALL_FRAMES[:200])
    assert [(f.clip_id, f.reason) for f in failed(path)] == [("demo-a-00002000", "audio_missing")]


@pytest.mark.parametrize("cutter", CUTTERS)
def test_a_frame_after_its_window_is_a_failure(cutter: str, tmp_path: Path) -> None:
    if cutter == "ffmpeg":
        need_tool("ffmpeg")
    frames = [at for at in ALL_FRAMES if not 50 <= at < 105]
    path = write_footage(tmp_path / "a.mkv", {0.0: noise()}, frames)
    failures = failed(path, CUTTING.model_copy(update={"cutter": cutter}))
    assert [(f.clip_id, f.reason) for f in failures] == [("demo-a-00002000", "no_frame")]
    assert "4.20 s" in failures[0].detail


def test_windows_begin_where_both_streams_have_started(tmp_path: Path) -> None:
    path = write_footage(tmp_path / "a.mkv", {1.5: noise()[: 48_000 * 7]}, ALL_FRAMES)
    clips = made(path)
    assert [clip.start_s for clip, _ in clips] == [1.5, 3.5, 5.5]
    assert clips[0][0].clip_id == "demo-a-00001500"
    audio = decode_audio(clips[1][1].audio, 48_000)
    assert samples_off(audio, noise(), 48_000 * 2) == 0


@pytest.fixture(scope="module")
def sonic(master: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an audio codec that PyAV lacks and the ffmpeg program has."""
    path = tmp_path_factory.mktemp("sonic") / "a.mkv"
    coded = ["-c:v", "copy", "-c:a", "sonic", "-strict", "-2", str(path)]
    run_ffmpeg(need_tool("ffmpeg"), ["-i", str(master), *coded])
    return path


def test_what_pyav_cannot_decode_is_cut_by_ffmpeg(
    sonic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"  # Sonic is experimental: the program wants to be asked for it
    program.write_text(f'#!/bin/sh\nexec {need_tool("ffmpeg")} -strict -2 "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(ffmpeg_cutter, "find_ffmpeg", lambda: str(program))
    clips = made(sonic)
    assert len(clips) == 4
    for clip, sample in clips:
        audio = decode_audio(sample.audio, 48_000)
        assert abs(samples_off(audio, noise(), round(clip.start_s * 48_000))) <= 48


def test_what_pyav_cannot_decode_fails_without_ffmpeg(
    sonic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cut, "find_ffmpeg", lambda: None)
    assert {f.reason for f in failed(sonic)} == {"undecodable"}
    assert len(failed(sonic)) == 4


def test_the_program_inside_imageio_ffmpeg_will_do(
    master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    expected = [(c.clip_id, c.frame_pts_s, s.audio) for c, s in made(master)]
    monkeypatch.setattr(ffmpeg_cutter.shutil, "which", lambda name: None)
    assert ffmpeg_cutter.find_ffmpeg() == program
    found = made(master, CUTTING.model_copy(update={"cutter": "ffmpeg"}))
    assert [(c.clip_id, c.frame_pts_s, s.audio) for c, s in found] == expected


def test_the_ffmpeg_cutter_without_a_program_says_what_to_do(
    master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_cutter, "find_ffmpeg", lambda: None)
    with pytest.raises(MissingTool, match="install it"):
        clips_of(master, CUTTING.model_copy(update={"cutter": "ffmpeg"}))
