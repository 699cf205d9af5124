"""A still picture, or nearly one, with music under it."""

from contextlib import closing
from statistics import median

import av

from pipeline.errors import MediaError
from pipeline.media.container import open_source
from pipeline.screen.check import Subject, Verdict
from pipeline.screen.settings import Screen


def still(subject: Subject, screen: Screen) -> Verdict | None:
    """Whether anything moves. Value: the median size in bytes of the video packets that are no
    keyframes, which hold little but what changed. Nothing is decoded; 0.035 s for four minutes.

    A stream of keyframes only (ProRes, Motion JPEG) cannot be judged so, and passes.
    """
    least = screen.min_motion
    if not least:
        return None
    try:
        sizes = _sizes_between_keyframes(subject)
    except (MediaError, av.FFmpegError) as error:
        return Verdict(0.0, least, passed=False, detail=f"packets cannot be read: {error}"[:300])
    if not sizes:
        return Verdict(0.0, least, passed=True, detail="keyframes only: not measured")
    value = float(median(sizes))
    if value >= least:
        return Verdict(value, least, passed=True)
    detail = f"still image: half of its video packets are below {value:.0f} bytes"
    return Verdict(value, least, passed=False, detail=detail)


def _sizes_between_keyframes(subject: Subject) -> list[int]:
    with closing(open_source(subject.path)) as source:
        packets = source.container.demux(source.video)
        return [packet.size for packet in packets if packet.size and not packet.is_keyframe]
