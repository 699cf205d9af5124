"""Opening a video file safely, and choosing its video and audio stream.

Times. Everything above this module speaks of the presentation timeline: the container's own clock
after edit lists, as players show it. Formats whose clock has no fixed zero (MPEG-TS and MPEG-PS,
so also HLS downloads) start at the earlier of the two chosen streams; all others at the
container's zero, which leaves the pre-roll of Opus in WebM before it.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.errors import MediaError

FORMATS = "mov,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,rm,mxf,mp3,aac,flac,wav"
"""The only demuxers that may open a file. Playlists (HLS, DASH, concat) are left out on purpose:
they can make the library read other files and addresses."""
OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": FORMATS}

_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_ASIDES = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.descriptions
)
_STILL_CODECS = {"mjpeg", "png", "bmp", "gif", "tiff", "webp", "ppm"}
_MEDIA_SIGNS = ((4, b"ftyp"), (4, b"moov"), (0, b"\x1aE\xdf\xa3"), (0, b"OggS"), (0, b"FLV"))


@dataclass(frozen=True)
class Source:
    """An open file, the two streams that clips are cut from, and the timeline's zero."""

    container: InputContainer
    video: VideoStream
    audio: AudioStream
    origin_s: Fraction
    """Container time of the presentation timeline's zero."""

    def close(self) -> None:
        """Close the file."""
        self.container.close()


def open_source(path: Path) -> Source:
    """Open `path` for reading; the caller closes it.

    Raises:
        MediaError: `missing`, `empty`, `truncated`, `not_media`, `no_video_stream`,
            `no_audio_stream`.
    """
    container = _open(path)
    try:
        video, audio = _video_stream(container), _audio_stream(container)
    except MediaError:
        container.close()
        raise
    if video.codec_context is not None:
        video.codec_context.thread_count = 1
    return Source(container, video, audio, _origin(container, video, audio))


def tick_of(stream: Stream) -> Fraction:
    """Seconds per unit of the stream's timestamps."""
    return stream.time_base or Fraction(1)


def stamp_of(packet: "Packet[Stream]") -> int | None:
    """A packet's presentation time in ticks; AVI knows only decoding times."""
    return packet.pts if packet.pts is not None else packet.dts


def _open(path: Path) -> InputContainer:
    try:
        return av.open(f"file:{path.absolute()}", options=OPEN_OPTIONS, metadata_errors="replace")
    except FileNotFoundError:
        raise MediaError("missing", f"There is no file `{path.name}`.") from None
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from None


def _unreadable(path: Path, why: str) -> MediaError:
    """Which of the ways to be unreadable this is, from the file's first bytes."""
    if not path.is_file():
        return MediaError("missing", f"`{path.name}` is not a file.")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        return MediaError("empty", "The file is empty.")
    if any(head[at : at + len(sign)] == sign for at, sign in _MEDIA_SIGNS):
        return MediaError("truncated", "The file starts as a video, but its index is missing.")
    return MediaError("not_media", f"The file is no video in a known format ({why[:80]}).")


def _video_stream(container: InputContainer) -> VideoStream:
    moving = [s for s in container.streams.video if not s.disposition & _PICTURES]
    if not moving:
        kind = "only cover art" if container.streams.video else "no video stream"
        raise MediaError("no_video_stream", f"The file has {kind}.")
    return max(moving, key=_video_rank)


def _video_rank(stream: VideoStream) -> tuple[bool, bool, int, int]:
    """Real video before picture codecs, then the default one, the largest, the first."""
    context = stream.codec_context
    area = context.width * context.height if context is not None else 0
    still = context is not None and context.name in _STILL_CODECS
    return (not still, bool(stream.disposition & Disposition.default), area, -stream.index)


def _audio_stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise MediaError("no_audio_stream", "The file has no audio stream.")
    return max(container.streams.audio, key=_audio_rank)


def _audio_rank(stream: AudioStream) -> tuple[bool, bool, int, int]:
    """The programme itself before commentaries, then the default one, the highest rate, the
    first."""
    aside = bool(stream.disposition & _ASIDES)
    default = bool(stream.disposition & Disposition.default)
    rate = stream.codec_context.sample_rate if stream.codec_context is not None else 0
    return (not aside, default, rate, -stream.index)


def _origin(container: InputContainer, video: Stream, audio: Stream) -> Fraction:
    if not Flags(container.format.flags) & Flags.ts_discont:
        return Fraction(0)
    return min(_start(video), _start(audio))


def _start(stream: Stream) -> Fraction:
    return (stream.start_time or 0) * tick_of(stream)
