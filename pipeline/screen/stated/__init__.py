"""Checks of what sites state about a video, one file each: made before anything is downloaded, on
the list's facts and again once the page was looked up. A fact that nobody states drops nothing."""

from collections.abc import Callable

from pipeline.screen.settings import Screen
from pipeline.screen.stated.age import age
from pipeline.screen.stated.duration import duration
from pipeline.screen.stated.labels import labels
from pipeline.screen.stated.live import live
from pipeline.screen.stated.title import title
from pipeline.screen.stated.upload import upload
from pipeline.screen.verdict import Verdict
from pipeline.stated import Stated

STATED: dict[str, Callable[[Stated, Screen], Verdict | None]] = {
    "stated_duration": duration,
    "live": live,
    "age": age,
    "upload": upload,
    "labels": labels,
    "title": title,
}
"""Every check, by the name that it has in the table and as a reason for not downloading."""


def judge(stated: Stated, screen: Screen) -> dict[str, Verdict]:
    """The verdicts of all checks that the recipe turns on, by name; the first that does not pass is
    the reason to give."""
    found = {name: check(stated, screen) for name, check in STATED.items()}
    return {name: verdict for name, verdict in found.items() if verdict is not None}
