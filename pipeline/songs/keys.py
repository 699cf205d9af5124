# ruff: noqa: RUF001 - the marks that titles use
"""What two names have to agree on to be of one song: their words, sorted."""

import re
import unicodedata
from functools import lru_cache

from pipeline.songs.names import Name
from pipeline.sources.ids import short_digest

_PARTNERS = re.compile(r"(?:[,&;+]|\s[x×]\s(?=\w)|\s(?:and|with|vs\.?|feat\.?|ft\.?)\s).*$", re.I)
_APOSTROPHES = str.maketrans("", "", "’ʼ`´")
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset(("the", "a", "and", "by"))
_SPELLED = {
    **{"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"},
    **{"pt": "part", "vol": "volume"},
}
_BRACKETS = re.compile(r"\([^()]*\)|【[^【】]*】|\[[^\[\]]*\]")
_NUMBERED = re.compile(r"\d|\b[ivx]+\b", re.I)


@lru_cache(1024)
def key(name: Name) -> str:
    """The words of the first artist and the title, sorted: "adele hello". Empty where a name has
    no words.

    Whether a title says "Artist - Title" or "Title - Artist" makes no difference, nor do case,
    width, punctuation, articles, further artists, and what stands in brackets without a number.
    """
    words = _words(f"{_essence(_lead(name.artist))} {_essence(name.title)}")
    words.sort()
    return " ".join(words)


def swapped_key(name: Name) -> str:
    """The key of a name whose title is the artist: "Hello - Adele & Guest". Empty where it cannot
    differ."""
    if not name.artist or not name.title or not _PARTNERS.search(name.title):
        return ""
    return key(Name(name.title, name.artist))


def artist_key(artist: str | None) -> str:
    """The words of the first artist. Empty where there is none."""
    return " ".join(_words(_essence(_lead(artist))))


def song_id(video_id: str, name: Name) -> str:
    """What a song is called whose first video this is; it keeps that id for good.

    A video of which artist or title is unknown is a song of its own.
    """
    if not name.artist or not name.title:
        return video_id
    text = key(name)
    return f"song-{short_digest(text)}" if text else video_id


def _words(text: str) -> list[str]:
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded).translate(_APOSTROPHES)
    words = _WORD.findall(folded.replace("'", ""))
    return [_SPELLED.get(word, word) for word in words if word not in _SMALL] or words


def _lead(artist: str | None) -> str:
    return _PARTNERS.sub("", artist or "", count=1) or artist or ""


def _essence(text: str | None) -> str:
    """A name without its brackets, unless they number it: "Don't You (Forget About Me)" is often
    called "Don't You", but "Suite (Part 2)" is not "Suite"."""
    text = text or ""
    if not any(mark in text for mark in "([【"):
        return text
    rest = _BRACKETS.sub(_numbered_only, text)
    return rest if _WORD.search(rest) else text


def _numbered_only(bracket: re.Match[str]) -> str:
    return bracket.group() if _NUMBERED.search(bracket.group()) else " "
