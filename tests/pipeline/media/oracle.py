"""The oracle: what a cutter delivers, against a full decode of the whole file and against the
footage that the file was made from."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.media.audio import mono_of, resample
from pipeline.media.cut import cut_windows
from pipeline.media.probe import probe
from pipeline.media.raw import RawCut
from pipeline.media.settings import Cutting
from pipeline.media.windows import draw_windows
from tests.pipeline.media.footage import RATE, noise, number_of, run_ffmpeg, samples_off

X264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-crf", "20"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60", "-b:v", "600k"]
AAC = ["-c:a", "aac", "-b:a", "128k"]
OPUS = ["-c:a", "libopus", "-b:a", "128k"]
COPY = ["-c", "copy"]


@dataclass(frozen=True)
class Case:
    """One kind of file, made from the master (or from another case) by ffmpeg."""

    name: str
    file: str
    arguments: list[str]
    made_from: str = "master.mkv"
    seek: tuple[str, ...] = ()
    """Options before the input."""
    second_input: tuple[str, ...] = ()
    """Options before the same file as a second input."""
    keeps_sync: bool = True
    """Whether the file itself still has audio and video as in the master. Not so: Opus in Matroska
    written by ffmpeg (video 7 ms late), timestamps rounded twice, and AVI, which cannot say how
    much an MP3 encoder delays."""


CASES = [
    Case("mp4 H.264 with B-frames, AAC", "h264.mp4", [*X264, "-bf", "3", *AAC]),
    Case("mp4 AAC 44.1 kHz", "rate44.mp4", [*X264, *AAC, "-ar", "44100"]),
    Case("mp4 mono AAC 22.05 kHz", "mono.mp4", [*X264, *AAC, "-ar", "22050", "-ac", "1"]),
    Case("mp4 5.1 AAC", "surround.mp4", [*X264, *AAC, "-ac", "6", "-b:a", "384k"]),
    Case("mp4 edit list (cut inside a GOP)", "edit.mp4", COPY, "h264.mp4", seek=("-ss", "1.32")),
    Case("mp4 without edit list", "noedit.mp4", [*COPY, "-use_editlist", "0"], "h264.mp4"),
    Case(
        "mp4 fragmented",
        "fragmented.mp4",
        [*COPY, "-movflags", "frag_keyframe+empty_moov"],
        "h264.mp4",
    ),
    Case(
        "mp4 audio 0.7 s late",
        "lateaudio.mp4",
        ["-map", "0:v", "-map", "1:a", *COPY],
        "h264.mp4",
        second_input=("-itsoffset", "0.7"),
        keeps_sync=False,
    ),
    Case(
        "mp4 video 0.7 s late",
        "latevideo.mp4",
        ["-map", "1:v", "-map", "0:a", *COPY],
        "h264.mp4",
        second_input=("-itsoffset", "0.7"),
        keeps_sync=False,
    ),
    Case(
        "mp4 variable frame rate",
        "vfr.mp4",
        ["-vf", "select='if(lt(mod(n,50),25),1,not(mod(n,3)))'", "-fps_mode", "vfr", *X264, *AAC],
    ),
    Case("mp4 MP3", "mp3.mp4", [*X264, "-c:a", "libmp3lame"]),
    Case("mp4 HEVC 10 bit", "hevc.mp4", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
         "log-level=none:keyint=60", "-pix_fmt", "yuv420p10le", *AAC]),
    Case("mp4 several streams", "several.mp4", [
        "-map", "0:v", "-map", "0:v", "-map", "0:a", "-map", "0:a", *X264, "-s:v:0", "160x90",
        *AAC, "-ar:a:0", "16000"]),
    Case("WebM VP9, Opus", "vp9.webm", [*VP9, *OPUS], keeps_sync=False),
    Case("WebM VP9 10 bit, Vorbis", "vp9p2.webm", [*VP9, "-pix_fmt", "yuv420p10le",
         "-c:a", "libvorbis"]),
    Case("MKV H.264, AAC", "h264.mkv", COPY, "h264.mp4"),
    Case("MKV H.264, Opus", "opus.mkv", [*X264, *OPUS], keeps_sync=False),
    Case("MPEG-TS H.264, AAC", "h264.ts", COPY, "h264.mp4"),
    Case("MPEG-TS clock at 26 h", "far.ts", [*COPY, "-output_ts_offset", "93600"], "h264.mp4"),
    Case("mp4 remuxed from MPEG-TS", "remuxed.mp4", COPY, "h264.ts", keeps_sync=False),
    Case("FLV H.264, AAC", "h264.flv", [*X264, *AAC, "-ar", "44100"]),
    Case("AVI MPEG-4, MP3", "mpeg4.avi", ["-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame"],
         keeps_sync=False),
]  # fmt: skip


def make(case: Case, folder: Path, program: str) -> Path:
    """The case's file, and the one it is made from."""
    path = folder / case.file
    if not path.exists():
        before = next((c for c in CASES if c.file == case.made_from), None)
        source = make(before, folder, program) if before else folder / case.made_from
        second = [*case.second_input, "-i", str(source)] if case.second_input else []
        run_ffmpeg(program, [*case.seek, "-i", str(source), *second, *case.arguments, str(path)])
    return path


@dataclass(frozen=True)
class Measured:
    """The worst of a file's clips."""

    clips: int
    failures: list[str]
    frames_off: int
    """Between the frame that was cut and the one a full decode shows first at or after the time."""
    samples_off: int
    """At 48 kHz, between the audio and a full decode."""
    sync_off: int
    """At 48 kHz, between audio and frame, as the master has them."""


def measure(path: Path, cutting: Cutting) -> Measured:
    """Cut a file and compare."""
    facts = probe(path, cutting.clip_seconds)
    drawn = draw_windows("oracle", 1, facts.duration_s, cutting)
    frames, line, line_starts_s = full_decode(path)
    first_s = frames[0][0] - frames[0][1] / 25
    off: list[tuple[int, int, int]] = []
    failures: list[str] = []
    for cut in cut_windows(path, [w.shifted(facts.start_s) for w in drawn], cutting):
        if not isinstance(cut, RawCut):
            failures.append(f"{cut.window.start_s}: {cut.reason}: {cut.detail}")
            continue
        wanted = next(i for i, (pts, _) in enumerate(frames) if pts >= cut.window.frame_s - 1e-6)
        got = [number for _, number in frames].index(number_of(cut.frame))
        assert abs(cut.frame_pts_s - frames[got][0]) < 1e-3, "the pts is not that of the picture"
        place = round((cut.window.start_s - line_starts_s) * RATE)
        in_master = round((cut.window.start_s - first_s) * RATE)
        off.append((
            got - wanted,
            samples_off(cut.audio, line, place),
            samples_off(cut.audio, noise(), in_master),
        ))  # fmt: skip
    worst = [max(column, key=abs) for column in zip(*off, strict=True)] or [0, 0, 0]
    return Measured(len(off), failures, *worst)


@lru_cache
def full_decode(path: Path) -> tuple[list[tuple[float, int]], NDArray[np.float32], float]:
    """Every frame's time and number, all audio at RATE, and when that audio starts.

    Reads the chosen streams from the first packet to the last, without any seek.
    """
    with av.open(str(path)) as container:
        video = max(container.streams.video, key=lambda s: s.width)
        audio = max(container.streams.audio, key=lambda s: s.sample_rate)
        shown, heard = [], []
        for packet in container.demux(video, audio):
            (shown if packet.stream is video else heard).extend(packet.decode())
        origin = 0.0
        if container.format.name == "mpegts":
            origin = min(shown[0].time, heard[0].time)
        frames = [(f.time - origin, number_of(f.to_ndarray(format="rgb24"))) for f in shown]
        starts_s, rate = heard[0].time - origin, heard[0].sample_rate
        line = np.zeros(0, np.float32)
        for frame in heard:
            gap = round((frame.time - origin - starts_s) * rate) - len(line)
            if gap > rate * 0.01:
                line = np.pad(line, (0, gap))
            line = np.append(line, mono_of(frame))
    return frames, line if rate == RATE else resample(line, rate, RATE), starts_s
