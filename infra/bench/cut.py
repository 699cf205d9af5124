"""CPU seconds to cut a video into a shard, against two ffmpeg processes a clip.

    python infra/bench/cut.py [--height 720] [--seconds 240] [--repeats 3]

Makes an H.264/AAC file of moving shapes and noise with PyAV, cuts it with both cutters and with
the plain way (ffmpeg -ss ... for ten seconds of mono FLAC, ffmpeg -ss ... for one JPEG), each
clip for clip at the same times, and prints the least CPU time (user and system, children
included) of each.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.media.clips import cut_video
from pipeline.media.ffmpeg_cutter import find_ffmpeg
from pipeline.media.settings import Cutting
from pipeline.media.shard import write_shard
from pipeline.media.windows import draw_windows
from pipeline.stage import Failure
from schemas.video import Video

FPS, RATE = 25, 44_100
VIDEO = Video(
    video_id="bench-0", source="bench", url="", song_id="0", split="train", shard="train-000000"
)


def make_video(path: Path, height: int, seconds: int) -> None:
    """Moving shapes over moving texture, a keyframe at most every 5 s, pink-ish stereo noise."""
    width, rng = height * 16 // 9, np.random.default_rng(0)
    texture = rng.integers(60, 190, (height // 8 + 40, width // 8 + 40, 3), np.uint8)
    texture = texture.repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", FPS, {"preset": "fast", "g": "125", "crf": "23"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = out.add_stream("aac", RATE, layout="stereo")
        audio.bit_rate = 128_000
        for number in range(seconds * FPS):
            frame = VideoFrame.from_ndarray(_picture(texture, number, width, height), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
            if number % FPS == 0:
                sound = np.cumsum(rng.normal(size=(2, RATE)), axis=1)
                sound = 0.3 * (sound - sound.mean()) / np.abs(sound).max()
                block = AudioFrame.from_ndarray(sound.astype(np.float32), "fltp", "stereo")
                block.sample_rate, block.pts = RATE, number // FPS * RATE
                out.mux(audio.encode(block))
        out.mux([*video.encode(None), *audio.encode(None)])


def _picture(texture: np.ndarray, number: int, width: int, height: int) -> np.ndarray:
    scene = number // 150
    x, y = (number * 2 + scene * 97) % 300, (number + scene * 53) % 300
    picture = texture[y : y + height, x : x + width].copy()
    for shape in range(4):
        left = (number * (3 + shape) + shape * 200) % (width - 60)
        top = (number * (2 + shape) + shape * 90) % (height - 60)
        picture[top : top + 60, left : left + 60] = (60 * shape, 255 - 50 * shape, 40 * scene % 255)
    return picture


def shard_with(cutter: str, path: Path, shard: Path) -> int:
    """The whole way: probe, cut, normalise, encode, tar."""
    clips = list(cut_video(VIDEO, path, Cutting(cutter=cutter), seed=0))
    made = [clip[1] for clip in clips if not isinstance(clip, Failure)]
    return write_shard(shard, made).clips


def two_processes_a_clip(program: str, path: Path, folder: Path, seconds: int) -> int:
    """What one would write in a shell script; no normalising, no tar."""
    windows = draw_windows(VIDEO.video_id, 0, seconds, Cutting())
    for number, window in enumerate(windows):
        base = [program, "-nostdin", "-v", "error", "-y"]
        source = ["-ss", str(window.start_s), "-t", "10", "-i", str(path), "-vn"]
        mono = ["-ac", "1", "-ar", "48000", "-sample_fmt", "s16", str(folder / f"{number}.flac")]
        still = ["-ss", str(window.frame_s), "-i", str(path), "-frames:v", "1", "-q:v", "2"]
        subprocess.run([*base, *source, *mono], check=True)
        subprocess.run([*base, *still, str(folder / f"{number}.jpg")], check=True)
    return len(windows)


def cpu_seconds(work: Callable[[], int], repeats: int) -> tuple[float, int]:
    """The least CPU time of some runs, and the clips made."""
    times, clips = [], 0
    for _ in range(repeats):
        before = _cpu()
        clips = work()
        times.append(_cpu() - before)
    return min(times), clips


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    program = find_ffmpeg()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, shard = folder / "video.mp4", folder / "shard.tar"
        make_video(path, asked.height, asked.seconds)
        ways: dict[str, Callable[[], int]] = {"pyav": lambda: shard_with("pyav", path, shard)}
        if program is not None:
            ways["ffmpeg (ours)"] = lambda: shard_with("ffmpeg", path, shard)
            ways["two ffmpeg processes a clip"] = lambda: two_processes_a_clip(
                program, path, folder, asked.seconds
            )
        times = {name: cpu_seconds(work, asked.repeats) for name, work in ways.items()}
    print(f"{asked.seconds} s of {asked.height}p, {FPS} frames/s, H.264/AAC\n")
    print("| way | clips | CPU s a video | ratio to pyav |\n|---|---|---|---|")
    for name, (seconds, clips) in times.items():
        print(f"| {name} | {clips} | {seconds:.2f} | {seconds / times['pyav'][0]:.1f} |")


if __name__ == "__main__":
    main()
