"""From windows to raw clips: the same checks whichever cutter decodes."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path

from pipeline.errors import MediaError
from pipeline.media.audio import MARGIN_S, assemble
from pipeline.media.ffmpeg_cutter import FfmpegCutter, find_ffmpeg
from pipeline.media.pyav_cutter import PyavCutter
from pipeline.media.raw import Cutter, RawCut, Rectangle, WindowFailure
from pipeline.media.settings import Cutting
from pipeline.media.windows import Window


def cut_windows(
    path: Path, windows: Sequence[Window], cutting: Cutting, crop: Rectangle | None = None
) -> Iterator[RawCut | WindowFailure]:
    """One outcome for each window, in their order.

    With `cutter = "pyav"`, a window that PyAV cannot decode is tried with the ffmpeg program
    where there is one.

    Args:
        path: the video file.
        windows: in order of start, on the presentation timeline; see `container`.
        cutting: the recipe's options.
        crop: what is kept of each frame; all of it by default.

    Raises:
        MediaError: the whole file is unusable.
        MissingTool: `cutter = "ffmpeg"` and there is no ffmpeg program.
    """
    with closing(_cutter(path, cutting, crop)) as cutter:
        for window in windows:
            outcome = _cut(cutter, window, cutting)
            if _worth_another_try(outcome, cutter):
                with closing(FfmpegCutter(path, cutting.short_side, crop)) as other:
                    outcome = _cut(other, window, cutting)
            yield outcome


def _cutter(path: Path, cutting: Cutting, crop: Rectangle | None) -> Cutter:
    kind = PyavCutter if cutting.cutter == "pyav" else FfmpegCutter
    return kind(path, cutting.short_side, crop)


def _worth_another_try(outcome: RawCut | WindowFailure, cutter: Cutter) -> bool:
    return (
        isinstance(outcome, WindowFailure)
        and outcome.reason == "undecodable"
        and isinstance(cutter, PyavCutter)
        and find_ffmpeg() is not None
    )


def _cut(cutter: Cutter, window: Window, cutting: Cutting) -> RawCut | WindowFailure:
    start_s = Fraction(window.start_s).limit_denominator(1_000_000)
    end_s = start_s + Fraction(cutting.clip_seconds).limit_denominator(1_000_000)
    try:
        pieces = cutter.audio(float(start_s - MARGIN_S), float(end_s + MARGIN_S))
        audio = assemble(pieces, start_s, end_s, cutting.sample_rate)
        picture = cutter.frame(window.frame_s)
        if picture.pts_s >= window.end_s:
            raise MediaError("no_frame", f"The next frame is shown at {picture.pts_s:.2f} s.")
    except MediaError as error:
        return WindowFailure(window, error.reason, error.detail)
    return RawCut(window, audio, picture.rgb, picture.pts_s)
