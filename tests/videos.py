"""Small real videos for tests, made on the spot."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS = 12
AUDIO_RATE = 44_100


def make_video(
    path: Path,
    seconds: float = 12.0,
    *,
    still: bool = False,
    video: str | None = "h264",
    audio: str | None = "aac",
    seed: int = 0,
) -> Path:
    """A 160x120 video of drifting noise, or of one picture if `still`, with a chord as its sound.

    `video` and `audio` name encoders; None leaves the stream out. `seed` changes both streams.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        streams = [
            _add_video(container, video) if video else None,
            _add_audio(container, audio) if audio else None,
        ]
        if streams[0]:
            _write_video(container, streams[0], seconds, still, seed)
        if streams[1]:
            _write_audio(container, streams[1], seconds, seed)
    return path


def _add_video(container, codec):
    stream = container.add_stream(codec, rate=FPS)
    stream.width, stream.height = 160, 120
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.codec_context.gop_size = 2 * FPS
    stream.codec_context.thread_count = 1
    if codec == "h264":
        stream.options = {"preset": "ultrafast", "crf": "30"}
    return stream


def _add_audio(container, codec):
    rate = 48_000 if "opus" in codec else AUDIO_RATE
    return container.add_stream(codec, rate=rate, layout="stereo")


def _write_video(container, stream, seconds, still, seed):
    noise = np.random.default_rng(seed).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    for index in range(round(seconds * FPS)):
        shift = 0 if still else 5 * index
        picture = np.roll(noise, (shift, 2 * shift), axis=(0, 1))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _write_audio(container, stream, seconds, seed):
    rate = stream.rate
    times = np.arange(round(seconds * rate)) / rate
    tones = sum(np.sin(2 * np.pi * f * times) for f in (220 + 10 * seed, 277, 330))
    wave = np.stack([0.2 * tones] * 2).astype(np.float32)
    for start in range(0, wave.shape[1], 1024):
        block = np.ascontiguousarray(wave[:, start : start + 1024])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
