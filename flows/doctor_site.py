"""`framesong doctor RECIPE --ask-site`: look one video up as a build would; download nothing."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from flows.finding import Finding, Mark
from pipeline.acquire.ask import look_up
from pipeline.acquire.download import is_local
from pipeline.acquire.errors import Outcome, classify, retry_after
from pipeline.acquire.fetch import STATE, polite_visit, site_of
from pipeline.acquire.governor import Governor
from pipeline.acquire.watch import Refused
from pipeline.errors import FramesongError
from pipeline.lines import clean_line
from pipeline.recipe import Recipe
from pipeline.sources.base import Asking
from pipeline.store import Dataset
from schemas import VIDEOS
from schemas.media import MediaStatus
from schemas.video import Video

Note = Callable[[str], None]

_REMEDIES: dict[MediaStatus, str] = {
    "session": "The site asks us to stop. Wait: nothing gets around it, and trying makes it worse",
    "permanent": "That video is gone for good. Builds record it and go on with the others",
    "policy": "Not for guests, or not here. Builds record it and go on with the others",
    "transient": "Try again later; if it stays, yt-dlp may be too old for the site",
    "broken": "Builds record it and go on with the others",
}
_NO_FORMAT = "None of its formats passes `format` in [fetch]: allow more"


def examine_site(recipe: Recipe, note: Note) -> Iterator[Finding]:
    """Ask, at the governor's pace, for the page of one video that the recipe lists.

    Args:
        note: told about waits, and about what sources leave out.
    """
    dataset = Dataset(recipe.root)
    try:
        with dataset.lock():
            governor = Governor(recipe.fetch, recipe.root / STATE, note)
            video = _listed(dataset) or _first(recipe, governor, note)
            if video is None:
                yield Finding("site", "note", "the recipe lists no video of a web site")
                return
            yield from _look_up(recipe, video, governor)
    except FramesongError as error:
        yield Finding("site", "MISSING", str(error))


def _listed(dataset: Dataset) -> Video | None:
    """One that was listed before: the last, because it is the least likely to be gone."""
    found = None
    for video in dataset.read_all(VIDEOS):
        if not is_local(video):
            found = video
    return found


def _first(recipe: Recipe, governor: Governor, note: Note) -> Video | None:
    asking = Asking(recipe.base, note, recipe.fetch, recipe.root / "cache", governor)
    for name, source in recipe.sources.items():
        if source.kind == "folder":
            continue
        for listed in source.list(asking):
            return Video(
                video_id=listed.video_id,
                source=name,
                url=listed.url,
                song_id="",
                split="train",
                shard="train-000000",
            )
    return None


def _look_up(recipe: Recipe, video: Video, governor: Governor) -> Iterator[Finding]:
    site, stop = site_of(video), threading.Event()
    governor.wait(site, stop)
    try:
        formats = look_up(
            video, recipe.root, recipe.fetch, polite_visit(site, recipe.fetch, governor, stop)
        )
    except Refused as refusal:
        yield _trouble(video, refusal.outcome)
    except FramesongError:
        raise
    except Exception as error:  # noqa: BLE001 (third-party parsers of what sites send)
        outcome = classify(error)
        yield _trouble(video, outcome)
        if outcome.status == "session":
            governor.blocked(site, outcome.reason, retry_after(error), outcome.detail)
    else:
        yield Finding("site", "ok", f"{video.video_id} can be had")
        for each in formats:
            yield Finding("format", "ok", _described(each))
    finally:
        governor.asked(site)


def _trouble(video: Video, outcome: Outcome) -> Finding:
    remedy = _NO_FORMAT if outcome.reason == "no_format" else _REMEDIES[outcome.status]
    text = f"{video.video_id}: {outcome.status}: {outcome.reason}: {outcome.detail}"
    mark: Mark = "MISSING" if outcome.status == "session" else "note"
    return Finding("site", mark, f"{text.rstrip('.')}. {remedy}")


def _described(each: dict[str, Any]) -> str:
    size = each.get("filesize") or each.get("filesize_approx")
    facts = (
        each.get("format_id"),
        each.get("ext"),
        each.get("resolution"),
        *(each.get(key) for key in ("vcodec", "acodec") if each.get(key) != "none"),
        f"{size / 1e6:.1f} MB" if isinstance(size, int | float) else None,
        each.get("format_note"),
    )
    return clean_line(", ".join(str(fact) for fact in facts if fact), 200)
