"""Live streams: those that run have no end, those to come no beginning."""

from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, unmeasured
from pipeline.stated import Stated


def live(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether the video is a live stream of an unwanted kind. Value: 1 if so."""
    if not screen.drop_live:
        return None
    if stated.live_status is None:
        return unmeasured(0.0, "not stated")
    if stated.live_status not in screen.drop_live:
        return Verdict(0.0, 0.0, passed=True)
    return Verdict(1.0, 0.0, passed=False, detail=f"a live stream: {stated.live_status}")
