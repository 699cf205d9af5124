"""Where a prompt breaks its rules, as far as single words do."""

import re
from collections.abc import Iterator
from itertools import islice

from pipeline.stages.prompts.names import Name, names_of
from pipeline.stages.prompts.rules import alternatives, bad_opening
from schemas.prompt import Prompt
from schemas.video import Video

Mark = tuple[int, int, str]
"""First character, the one after the last, and the rule's name."""

_WORD = re.compile(r"\S+")
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_MOST = 20
"""Marks of one kind in one prompt."""
_LONGEST_OPENING = 8
"""Words: the rule looks at a prompt's beginning alone."""


def marks(prompt: Prompt, video: Video | None) -> list[Mark]:
    """The words that break a rule, in order and apart from one another. Rules about a prompt as a
    whole (`too_long`, `list`, `language`, …) mark nothing, nor do rules that are not known here.
    """
    found: list[Mark] = []
    if "opening" in prompt.violations:
        found += _opening(prompt.text)
    if "alternatives" in prompt.violations:
        found += _alternatives(prompt.text)
    if "name" in prompt.violations and video:
        found += _names(prompt.text, video)
    return _apart(found)


def _opening(text: str) -> list[Mark]:
    """The fewest first words that the rule objects to."""
    for count, word in enumerate(_WORD.finditer(text)):
        if count < _LONGEST_OPENING and bad_opening(text[: word.end() + 1]):
            return [(0, word.end(), "opening")]
    return []


def _alternatives(text: str) -> list[Mark]:
    """Each "or" that the rule objects to when the others are not there."""
    found: list[Mark] = []
    for match in islice(_OR.finditer(text), _MOST):
        start, end = match.span()
        alone = _OR.sub("__", text[:start]) + text[start:end] + _OR.sub("__", text[end:])
        if alternatives(alone):
            found.append((start, end, "alternatives"))
    return found


def _names(text: str, video: Video) -> list[Mark]:
    return [
        (*match.span(), "name")
        for name in names_of(video.artist, video.track, video.title)
        if name.given_away_by(text)
        for match in islice(_places(name, text), _MOST)
    ]


def _places(name: Name, text: str) -> Iterator[re.Match[str]]:
    words = r"\s+".join(re.escape(word) for word in name.text.split())
    flags = re.NOFLAG if name.exact else re.IGNORECASE
    return re.finditer(rf"(?<!\w){words}(?!\w)", text, flags)


def _apart(found: list[Mark]) -> list[Mark]:
    """Sorted, without those that begin within an earlier one."""
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda each: (each[0], -each[1])):
        if not kept or mark[0] >= kept[-1][1]:
            kept.append(mark)
    return kept
