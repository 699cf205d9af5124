"""The second, independent cutter: the ffmpeg program, two runs a clip, driven by ffmpeg-python.

The program decodes, turns and scales; it hands audio and frame back in NUT, which keeps their
timestamps exact, so that gaps and real frame times are seen here as with PyAV.
"""

import io
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import ffmpeg
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from pipeline.errors import MediaError, MissingTool
from pipeline.media.audio import mono_of
from pipeline.media.container import FORMATS, Source, open_source, tick_of
from pipeline.media.picture import cropped, is_high_definition, shorter
from pipeline.media.raw import Picture, Piece, Rectangle
from schemas.table import Seconds

_AUDIO_BACK_S = 0.3
_VIDEO_BACK_S = 10.0
"""How far before what is wanted decoding starts. The program does not tell whether it found a
keyframe in time, so this is longer than the usual distance of keyframes."""

_SIZE = "max(1,floor({side}*min(1,{short}/{shorter})+0.5))"
_SHORTER = "min(iw*min(1,sar),ih/max(1,sar))"
"""`picture.final_size` in the program's language."""


def find_ffmpeg() -> str | None:
    """The system's ffmpeg program, or the one inside imageio-ffmpeg, or None."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


class FfmpegCutter:
    """Decodes parts of one file with the ffmpeg program, version 5.1 or later; see `Cutter`.

    Streams and the timeline's zero are chosen as for PyAV, from the file's header.

    Raises:
        MediaError: as `open_source` does.
        MissingTool: there is no ffmpeg program.
    """

    def __init__(self, path: Path, short_side: int, crop: Rectangle | None = None) -> None:
        program = find_ffmpeg()
        if program is None:
            raise MissingTool(
                'There is no `ffmpeg` program: install it, or `pip install "framesong[ffmpeg]"`, '
                'or set `cutter = "pyav"` in the recipe.'
            )
        self._program = program
        self._path = path
        self._short_side = short_side
        self._crop = crop
        self._source: Source = open_source(path)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def audio(self, start_s: Seconds, end_s: Seconds) -> Iterator[Piece]:
        """Decoded audio from `start_s` until `end_s`."""
        origin_s = float(self._source.origin_s)
        start, end = start_s + origin_s, end_s + origin_s
        source = self._input(start - _AUDIO_BACK_S)[str(self._source.audio.index)]
        trimmed = source.filter("atrim", start=f"{start:.6f}", end=f"{end:.6f}")
        with self._run(trimmed.output("pipe:", format="nut", acodec="pcm_f32le")) as nut:
            for frame in nut.decode(audio=0):
                if isinstance(frame, AudioFrame) and frame.time is not None:
                    yield Piece(frame.time - origin_s, frame.sample_rate, mono_of(frame))

    def frame(self, at_s: Seconds) -> Picture:
        """The first frame shown at or after `at_s`."""
        origin_s = self._source.origin_s
        at = at_s + float(origin_s)
        tick = tick_of(self._source.video)
        source = self._input(at - _VIDEO_BACK_S)[str(self._source.video.index)]
        picture = source.filter("select", f"gte(t,{at - 1e-6:.6f})").filter(
            "scale", **self._scale()
        )
        output = picture.output(
            "pipe:",
            format="nut",
            vcodec="rawvideo",
            pix_fmt="rgb24",
            fps_mode="passthrough",
            enc_time_base=f"{tick.numerator}:{tick.denominator}",  # else one tick a frame
            **{"frames:v": 1},
        )
        with self._run(output) as nut:
            for frame in nut.decode(video=0):
                pts_s = Fraction(frame.pts or 0) * (frame.time_base or 1) - origin_s
                rgb = frame.to_ndarray().astype(np.uint8, copy=False)
                return Picture(float(pts_s), cropped(rgb, self._crop, self._short_side))
        raise MediaError("no_frame", f"The video has no frame at or after {at_s:.2f} s.")

    def _input(self, seek_s: float) -> Any:
        options: dict[str, Any] = {"format_whitelist": FORMATS, "protocol_whitelist": "file,pipe"}
        if seek_s > 0:
            options |= {"seek_timestamp": 1, "noaccurate_seek": None, "ss": f"{seek_s:.6f}"}
        return ffmpeg.input(f"file:{self._path.absolute()}", threads=1, **options)

    def _scale(self) -> dict[str, str]:
        sides = {"w": "iw*min(1,sar)", "h": "ih/max(1,sar)"}
        least = _SHORTER if self._crop is None else str(shorter(self._crop))
        options = {
            name: _SIZE.format(side=side, short=self._short_side, shorter=least)
            for name, side in sides.items()
        }
        context = self._source.video.codec_context
        untagged = context is not None and context.colorspace in (0, 2, 3)
        if context is not None and untagged and is_high_definition(context.width, context.height):
            options["in_color_matrix"] = "bt709"
        return options | {"flags": "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"}

    def _run(self, output: Any) -> InputContainer:
        try:
            data, _ = output.global_args("-nostdin", "-copyts", "-v", "error").run(
                cmd=self._program, capture_stdout=True, capture_stderr=True
            )
        except ffmpeg.Error as error:
            last = error.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason"]
            raise MediaError("undecodable", f"ffmpeg fails: {last[0][:120]}") from None
        if not data:
            raise MediaError("undecodable", "ffmpeg delivers nothing.")
        return av.open(io.BytesIO(data), "r", format="nut")
