"""Quality checks, one file each: of what sites state about a video (`stated`), and of downloaded
videos. A dropped video keeps its row, with what was measured and why that was not enough."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import MediaError
from pipeline.media.raw import Rgb
from pipeline.screen import models
from pipeline.screen.bandwidth import bandwidth
from pipeline.screen.borders import borders, picture_of
from pipeline.screen.clipped import clipped
from pipeline.screen.combed import combed
from pipeline.screen.duration import duration
from pipeline.screen.evidence import Evidence
from pipeline.screen.inverted import inverted
from pipeline.screen.models import Models
from pipeline.screen.moving import moving
from pipeline.screen.resolution import resolution
from pipeline.screen.settings import Screen
from pipeline.screen.silence import silence
from pipeline.screen.stated import judge
from pipeline.screen.still import still
from pipeline.screen.upscaled import upscaled
from pipeline.screen.verdict import Verdict
from pipeline.stated import stated
from schemas.measures import Measures
from schemas.media import Media, Screening
from schemas.video import Video

CHECKS: dict[str, Callable[[Evidence, Screen], Verdict | None]] = {
    "duration": duration,
    "resolution": resolution,
    "upscaled": upscaled,
    "still": still,
    "moving": moving,
    "borders": borders,
    "combed": combed,
    "bandwidth": bandwidth,
    "inverted": inverted,
    "clipped": clipped,
    "silence": silence,
}
"""Every check of a downloaded video that needs no model, by the name that it has in the table."""


@dataclass(frozen=True)
class Prints:
    """How videos are made comparable with one another; see `pipeline.songs`."""

    frames: Callable[[Sequence[Rgb]], list[int]] | None = None
    """Perceptual hashes of the frames, without their black borders."""
    audio: Callable[[Path], list[int]] | None = None
    """The audio fingerprint of a file."""


def screen(
    videos: Sequence[Video],
    media: Sequence[Media],
    settings: Screen,
    locate: Callable[[Media], Path],
    prints: Prints = Prints(),
    threads: int = 1,
    device: str = "cpu",
) -> tuple[list[Screening], list[Measures]]:
    """The verdict of every check on every video, and what was measured of those that were fetched.

    Args:
        videos: listed; all are judged by what is stated about them.
        media: their outcomes; only those with status `ok` are looked at and listened to.
        settings: which checks are on, and their thresholds.
        locate: where a medium's file is.
        prints: what to measure for comparisons.
        threads: how many videos are measured at a time; each takes about 100 MB at 1080 lines.
        device: where models run, if the settings name any.

    Raises:
        MissingCheckpoint, FramesongError: a model that the settings name cannot be used.
    """
    loaded = models.load(settings, device)
    outcomes = {row.video_id: row for row in media}

    def one(video: Video) -> tuple[list[Screening], Measures | None]:
        outcome = outcomes.get(video.video_id)
        found = judge(stated(video, outcome), settings)
        if outcome is None or outcome.status != "ok":
            return _rows(video.video_id, found), None
        evidence = Evidence(locate(outcome), outcome)
        found |= measured(evidence, settings, loaded)
        return _rows(video.video_id, found), _measures(evidence, prints)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(one, videos))
    rows = [row for each, _ in results for row in each]
    return rows, [measures for _, measures in results if measures is not None]


def measured(evidence: Evidence, settings: Screen, loaded: Models) -> dict[str, Verdict]:
    """The verdicts of all checks of one downloaded video that are on, by name."""
    found = {name: check(evidence, settings) for name, check in CHECKS.items()}
    if loaded.tagger is not None:
        from pipeline.screen.speech import speech

        found["speech"] = speech(evidence, settings, loaded.tagger)
    if loaded.clip is not None:
        from pipeline.screen.shown import shown

        found |= shown(evidence, settings, loaded.clip)
    return {name: verdict for name, verdict in found.items() if verdict is not None}


def _rows(video_id: str, found: dict[str, Verdict]) -> list[Screening]:
    return [
        Screening(
            video_id=video_id,
            check=name,
            value=verdict.value,
            threshold=verdict.threshold,
            passed=verdict.passed,
            detail=verdict.detail,
        )
        for name, verdict in found.items()
    ]


def _measures(evidence: Evidence, prints: Prints) -> Measures:
    """What can be measured, and nothing of a stream that cannot be decoded."""
    try:
        frames, picture = evidence.frames, picture_of(evidence)
    except MediaError:
        frames, picture = [], None
    inside = [shown.inside(picture) for shown in frames]
    try:
        audio = prints.audio(evidence.path) if prints.audio is not None else []
    except MediaError:
        audio = []
    return Measures(
        video_id=evidence.media.video_id,
        audio=audio,
        frames=prints.frames(inside) if prints.frames is not None and inside else [],
        frame_times_s=[shown.time_s for shown in frames],
        picture=list(picture or ()),
    )
