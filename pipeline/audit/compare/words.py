"""Where two texts differ, word by word."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import Indel

LONGEST = 4000
"""Characters of a text that are shown: no model of ours writes more."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text."""

    text: str
    differs: bool
    """Whether the other text does not have it there."""


def pieces(text: str, other: str) -> list[Piece]:
    """A text in stretches that another text has, or does not: by the longest common sequence of
    words. Case and punctuation count, blanks do not. What is beyond 4,000 characters of either is
    not looked at; a cut text ends in "…".

    >>> [piece.text for piece in pieces("a red barn", "a blue barn") if piece.differs]
    ['red']
    """
    shown = _cut(text)
    words = list(_WORD.finditer(shown))
    edits = Indel.opcodes([word.group() for word in words], _WORD.findall(_cut(other)))
    found: list[Piece] = []
    end = 0
    for edit in edits:
        if edit.tag == "delete":
            first, last = words[edit.src_start], words[edit.src_end - 1]
            found.append(Piece(shown[end : first.start()], False))
            found.append(Piece(shown[first.start() : last.end()], True))
            end = last.end()
    found.append(Piece(shown[end:], False))
    return [piece for piece in found if piece.text]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
