"""Which ten seconds of a video become clips, and which moment gives the frame."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.media.settings import Cutting
from schemas.table import Seconds

FRAME_ROOM_S = 0.2
"""The frame's time is drawn at least this long before its window ends, so that a video of five
frames a second or more has a frame between that time and the end."""

_SLACK_S = 1e-3
"""Containers round to milliseconds: a video this much short of a last window still has it."""


@dataclass(frozen=True)
class Window:
    """One clip's place on the presentation timeline."""

    start_s: Seconds
    end_s: Seconds
    frame_s: Seconds
    """The frame is the first one shown at or after this time."""

    def clip_id(self, video_id: str) -> str:
        """`<video id>-<start in ms, 8 digits>`."""
        return f"{video_id}-{round(self.start_s * 1000):08d}"

    def shifted(self, by_s: Seconds) -> "Window":
        """The same window, later by `by_s`, rounded to microseconds."""
        return replace(
            self,
            start_s=round(self.start_s + by_s, 6),
            end_s=round(self.end_s + by_s, 6),
            frame_s=round(self.frame_s + by_s, 6),
        )


def draw_windows(video_id: str, seed: int, duration_s: Seconds, cutting: Cutting) -> list[Window]:
    """Divide `duration_s` into consecutive windows and draw some of them.

    Each window's lot and frame time depend on nothing but (seed, video, window number): draws are
    the same on every machine and Python version, and a few seconds more of a video change nothing
    about its other windows.

    Returns:
        `cutting.clips_per_video` windows, or all where there are fewer, in order of start, at 0,
        `clip_seconds`, 2 * `clip_seconds`, ... The frame's time is uniform within the window less
        FRAME_ROOM_S at its end.
    """
    count = int((duration_s + _SLACK_S) // cutting.clip_seconds)
    by_lot = sorted(range(count), key=lambda number: _unit("window", seed, video_id, number))
    drawn = sorted(by_lot[: cutting.clips_per_video])
    return [_window(video_id, seed, number, cutting.clip_seconds) for number in drawn]


def windows_digest(windows: Mapping[str, Sequence[Window]]) -> str:
    """sha256 over the given windows of a shard's videos."""
    facts = [
        [video_id, window.start_s, window.end_s, window.frame_s]
        for video_id in sorted(windows)
        for window in windows[video_id]
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _window(video_id: str, seed: int, number: int, length_s: Seconds) -> Window:
    room = length_s - min(FRAME_ROOM_S, length_s / 2)
    start = round(number * length_s, 6)
    frame = start + room * _unit("frame", seed, video_id, number)
    return Window(start, round(start + length_s, 6), round(frame, 6))


def _unit(purpose: str, seed: int, video_id: str, number: int) -> float:
    """A uniform number in [0, 1) with 53 random bits."""
    key = json.dumps([seed, video_id, purpose, number])
    return (int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 11) / 2**53
