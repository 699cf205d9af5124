"""The default cutter: PyAV, in this process, one thread.

It opens a file once, seeks to keyframes, and skips frames that no other frame needs until shortly
before the one that is wanted: several times cheaper than ffmpeg processes (infra/bench/cut.py).
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from pipeline.errors import MediaError
from pipeline.media.audio import mono_of
from pipeline.media.container import open_source, stamp_of, tick_of
from pipeline.media.picture import rgb_of
from pipeline.media.raw import Picture, Piece, Rectangle
from schemas.table import Seconds

_AUDIO_BACK_S = (0.3, 2.0, 10.0)
"""How far before a window to start decoding audio. AAC needs about 0.2 s of pre-roll and Opus
0.08 s; the further ones are for formats whose seeks are inexact."""
_VIDEO_BACK_S = (0.0, 2.0, 8.0, 32.0, math.inf)
"""How far before the wanted frame to seek."""
_FULL_S = 0.4
"""From this long before the wanted frame on, every frame is decoded."""
_ROUNDING = 1e-3
"""Part of a tick by which a time in floating point may be too late."""


class PyavCutter:
    """Decodes parts of one file with the FFmpeg libraries inside PyAV; see `Cutter`.

    Raises:
        MediaError: as `open_source` does.
    """

    def __init__(self, path: Path, short_side: int, crop: Rectangle | None = None) -> None:
        self._path = path
        self._short_side = short_side
        self._crop = crop
        self._source = open_source(path)
        self._untouched = True
        """Whether the next packet is the file's first, with no seek before it."""
        self._damage = ""

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def audio(self, start_s: Seconds, end_s: Seconds) -> Iterator[Piece]:
        """Decoded audio from `start_s` or earlier until `end_s`."""
        self._damage = ""
        for back in _AUDIO_BACK_S:
            from_file_start = self._rewind(self._source.audio, start_s - back)
            pieces = self._pieces(end_s)
            first = next(pieces, None)
            if from_file_start or (first is not None and first.start_s <= start_s):
                break
        if first is not None:
            yield first
            yield from pieces
        elif self._damage:
            raise MediaError("undecodable", f"The audio cannot be decoded ({self._damage}).")

    @property
    def aspect(self) -> float:
        """A stored pixel's width by its height."""
        return float(self._source.video.sample_aspect_ratio or 1)

    def frame(self, at_s: Seconds) -> Picture:
        """The first frame shown at or after `at_s`."""
        frame = self.decoded(at_s)
        rgb = rgb_of(frame, self.aspect, self._short_side, self._crop)
        return Picture(self.shown_s(frame), rgb)

    def shown_s(self, frame: VideoFrame) -> Seconds:
        """When a decoded frame is shown."""
        pts_s = Fraction(frame.pts or 0) * tick_of(self._source.video)
        return float(pts_s - self._source.origin_s)

    def decoded(self, at_s: Seconds) -> VideoFrame:
        """As `frame`, but as it comes from the decoder."""
        self._damage = ""
        wanted = self._tick(at_s)
        for back in _VIDEO_BACK_S:
            from_file_start = self._rewind(self._source.video, at_s - back)
            frame, sure = self._first_frame(wanted, sure=from_file_start)
            if sure:
                break
        if frame is not None and frame.pts is not None:
            return frame
        if self._damage:
            raise MediaError("undecodable", f"The video cannot be decoded ({self._damage}).")
        raise MediaError("no_frame", f"The video has no frame at or after {at_s:.2f} s.")

    def following(self, at_s: Seconds) -> VideoFrame | None:
        """The first frame at or after `at_s`, which is later than the one decoded last: reading
        goes on from there without a seek. None after the last frame."""
        frame, _ = self._first_frame(self._tick(at_s), sure=True)
        return frame

    def _tick(self, at_s: Seconds) -> int:
        exact = (Fraction(at_s) + self._source.origin_s) / tick_of(self._source.video)
        return math.ceil(exact - Fraction(_ROUNDING))

    def _rewind(self, stream: Stream, to_s: Seconds) -> bool:
        """Go to `to_s` or earlier. True if that is the file's very start.

        The start is reached by opening the file anew: after a seek there, demuxers no longer tell
        decoders which priming samples to drop.
        """
        if to_s > 0:
            ticks = int((Fraction(to_s) + self._source.origin_s) / tick_of(stream))
            try:
                self._source.container.seek(ticks, stream=stream)
            except av.FFmpegError:
                self._untouched = False  # this format cannot seek: read from the start
            else:
                self._untouched = False
                return False
        if not self._untouched:
            self._source.close()
            self._source = open_source(self._path)
        self._untouched = False
        return True

    def _pieces(self, end_s: Seconds) -> Iterator[Piece]:
        stream, origin_s = self._source.audio, float(self._source.origin_s)
        for packet in self._packets(stream):
            for frame in self._decoded(packet):
                if not isinstance(frame, AudioFrame) or frame.time is None:
                    continue
                start_s = frame.time - origin_s
                if start_s >= end_s:
                    return
                yield Piece(start_s, frame.sample_rate, mono_of(frame))

    def _first_frame(self, wanted: int, sure: bool) -> tuple[VideoFrame | None, bool]:
        """The first frame from tick `wanted` on, and whether that is sure.

        It is not if the first keyframe is after `wanted`: seeks go by decoding time, and MPEG-TS
        is searched by guessing, so the frame may belong to the keyframe before.
        """
        stream = self._source.video
        full = wanted - int(_FULL_S / tick_of(stream))
        for packet in self._packets(stream):
            stamp = stamp_of(packet)
            if not sure and packet.is_keyframe:
                if stamp is None or stamp > wanted:
                    return None, False
                sure = True
            if not sure:
                continue
            skip = stamp is not None and stamp < full
            stream.codec_context.skip_frame = "NONREF" if skip else "DEFAULT"
            for frame in self._decoded(packet):
                if isinstance(frame, VideoFrame) and (frame.pts or 0) >= wanted:
                    return frame, True
        return None, sure

    def _packets(self, stream: Stream) -> "Iterator[Packet[Stream]]":
        if stream.codec_context is None:
            raise MediaError("undecodable", f"PyAV has no decoder for the {stream.type}.")
        try:
            yield from self._source.container.demux(stream)
        except av.FFmpegError as error:
            raise MediaError("undecodable", f"Reading fails ({str(error)[:80]}).") from None

    def _decoded(self, packet: "Packet[Stream]") -> Sequence[object]:
        """A packet's frames; none if it is damaged, which for audio shows as a gap."""
        try:
            return packet.decode()
        except av.FFmpegError as error:
            self._damage = str(error)[:80]
            return []
