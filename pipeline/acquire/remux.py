"""Put separately downloaded picture and sound into one file, without an ffmpeg program."""

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from pipeline.acquire.errors import local_problem
from pipeline.errors import MediaError
from pipeline.media.container import OPEN_OPTIONS


def remux(files: list[Path], stem: Path) -> Path:
    """Copy the first video and the first audio stream found in `files` into one new file, packet
    by packet. Timestamps keep their relation; nothing is decoded.

    MP4 is tried first: measured on H.264, VP9, AAC and Opus in all pairs, it kept every timestamp,
    where Matroska moved both streams by up to 23 ms (it rounds to milliseconds and forgets what an
    encoder put before the start). Matroska takes what MP4 cannot hold, such as VP8.

    Args:
        stem: the new file's path without its suffix. The file appears only when it is complete.

    Returns:
        The new file.

    Raises:
        MediaError: a file cannot be read, a stream is missing, or no container can hold one.
        OSError: the disk is full.
    """
    problem = ""
    for suffix in (".mp4", ".mkv"):
        partial = stem.with_name(f"{stem.name}.partial{suffix}")
        try:
            _copy(files, partial)
        except (av.FFmpegError, OSError, ValueError) as error:
            partial.unlink(missing_ok=True)
            if local_problem(error) is not None:
                raise
            problem = problem or str(error)
            continue
        return partial.replace(stem.with_name(f"{stem.name}{suffix}"))
    raise MediaError("not_merged", f"picture and sound cannot be merged: {problem}")


def _copy(files: list[Path], target: Path) -> None:
    with ExitStack() as stack:
        inputs = [
            stack.enter_context(av.open(f"file:{file.absolute()}", options=OPEN_OPTIONS))
            for file in files
        ]
        chosen = [_first(inputs, "video"), _first(inputs, "audio")]
        reproducible = {"fflags": "+bitexact"}
        output = stack.enter_context(av.open(str(target), "w", options=reproducible))
        copies = [output.add_stream_from_template(stream) for _, stream in chosen]
        queues = [_packets(*pair, copy) for pair, copy in zip(chosen, copies, strict=True)]
        for _, packet in heapq.merge(*queues, key=lambda item: item[0]):
            output.mux(packet)


def _first(inputs: list[InputContainer], kind: str) -> tuple[InputContainer, Stream]:
    for container in inputs:
        for stream in container.streams:
            if stream.type == kind:
                return container, stream
    raise MediaError(f"no_{kind}_stream", f"none of the downloaded files has a {kind} stream")


def _packets(
    container: InputContainer, stream: Stream, copy: Stream
) -> "Iterator[tuple[Fraction, Packet[Stream]]]":
    """Packets for the stream `copy`, each with its decoding time in seconds. The empty packet that
    ends a stream has none and is left out."""
    for packet in container.demux(stream):
        if packet.dts is not None:
            time = packet.dts * Fraction(packet.time_base)
            packet.stream = copy
            yield time, packet
