"""Titles that say that a video is no music video."""

import re
import unicodedata
from functools import lru_cache

from pipeline.screen.settings import Screen
from pipeline.screen.title_kinds import PATTERNS
from pipeline.screen.verdict import Verdict, unmeasured
from pipeline.stated import Stated

LONGEST = 200
"""Characters of a title that are read: YouTube allows 100, and time for a user's pattern can grow
fast with the length."""


def title(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether the title names a kind of video that is not wanted. Value: how many it names."""
    if not screen.drop_titles and not screen.drop_title_patterns:
        return None
    if not stated.title:
        return unmeasured(0.0, "not stated")
    text = unicodedata.normalize("NFKC", stated.title[:LONGEST]).casefold()[:LONGEST]
    named: list[str] = [kind for kind in screen.drop_titles if PATTERNS[kind].search(text)]
    named += [f"`{p}`" for p in screen.drop_title_patterns if _compiled(p).search(text)]
    if not named:
        return Verdict(0.0, 0.0, passed=True)
    return Verdict(len(named), 0.0, passed=False, detail=f"by its title: {', '.join(named)}"[:300])


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
