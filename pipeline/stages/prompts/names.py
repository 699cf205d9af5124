"""Names of a video's artist and title, and whether a prompt gives one away."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.stages.prompts.cleaning import one_line

LONGEST_FIELD = 300
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_PARTS = re.compile(r"\s+[-\u2013\u2014|~/\u2022]+\s+|\s*\|\s*|:\s+|[\"\u201c\u201d]")
_JOINED = re.compile(r"\s+(?:feat\.?|ft\.?|featuring|vs\.?|x)\s+|\s*[,;&]\s*", re.IGNORECASE)
_FILLER_WORDS = """
official video videoclip clip audio lyric lyrics music mv m/v amv hd hq 4k live remix version
visualizer visualiser full the a an feat ft topic vevo various artists unknown artist
"""
_FILLER = frozenset(_FILLER_WORDS.split())


@dataclass(frozen=True)
class Name:
    """A name that a prompt must not have."""

    text: str
    exact: bool
    """Whether only the very spelling counts, capitals and all: "Queen" is not in "a queen on her
    throne", nor "Red Lights" in "red lights at night"."""

    def given_away_by(self, prompt: str) -> bool:
        """Whether `prompt` has it as whole words."""
        pattern = r"\s+".join(re.escape(word) for word in self.text.split())
        flags = re.NOFLAG if self.exact else re.IGNORECASE
        return re.search(rf"(?<!\w){pattern}(?!\w)", prompt, flags) is not None


def names_of(artist: str | None, track: str | None, title: str | None) -> tuple[Name, ...]:
    """The names in a video's fields; "A & B - Song (Official Video)" has three.

    Left out: what stands in brackets, words such as "official video", names below three
    characters, and single words without a capital or digit ("lights"), which nothing could tell
    from the thing itself. Any spelling counts for artists of two words or more and for titles of
    three or more; shorter ones are too often ordinary words.
    """
    found: dict[str, Name] = {}
    for field, free_from in ((artist, 2), (track, 3), (title, 3)):
        for text in _candidates(field or ""):
            found.setdefault(text, Name(text, exact=len(text.split()) < free_from))
    return tuple(found.values())


def _candidates(field: str) -> Iterator[str]:
    for part in _PARTS.split(_BRACKETED.sub(" ", one_line(field)[:LONGEST_FIELD])):
        for piece in (part, *_JOINED.split(part)):
            name = " ".join(piece.split()).strip(" .,!?'-")
            if _worth_checking(name):
                yield name


def _worth_checking(name: str) -> bool:
    distinct = " " in name or any(c.isupper() or c.isdecimal() for c in name)
    ordinary = all(word.casefold() in _FILLER for word in name.split())
    return len(name) >= 3 and distinct and not ordinary and any(c.isalpha() for c in name)
