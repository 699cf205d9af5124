"""The videos of a hostile site: what is the matter with each, its page and its media."""

from itertools import count
from pathlib import Path

from tests.hostile.faults import FAULTS, OK, Item
from tests.hostile.songs import make_song, name_of

GOOD, LYRICS = "nothing", "title says lyric video"
COPY, CODED = "same file twice", "coded twice"
PAIRS = (COPY, CODED)
"""Of two videos each, of which one is to be dropped."""
_ROUGH = 36
"""Quality of the other one of `CODED`."""


def make_items(kinds: dict[str, str], cache: Path) -> dict[str, Item]:
    """By number, with media of their own for all that may be heard, the two of a pair excepted.

    Args:
        kinds: a fault or one of the words above, by number.
        cache: where media are kept.
    """
    songs = count()
    halves: dict[str, int] = {}
    items = {}
    for number, kind in kinds.items():
        if kind in halves:
            quality = _ROUGH if kind == CODED else 28
            data = _made(cache, halves.pop(kind), quality)
        elif kind in PAIRS:
            halves[kind] = next(songs)
            data = _made(cache, halves[kind])
        else:
            data = _made(cache, next(songs) if _is_heard(kind) else 0)
        items[number] = _item(number, kind, data)
    return items


def _is_heard(kind: str) -> bool:
    return kind == GOOD or (kind in FAULTS and FAULTS[kind].last == OK)


def _made(cache: Path, song: int, crf: int = 28) -> bytes:
    path = cache / f"{song}-{crf}.mp4"
    if not path.exists():
        make_song(path, song, crf)
    return path.read_bytes()


def _item(number: str, kind: str, data: bytes) -> Item:
    artist, song = name_of(int(number))
    title = f"{artist} - {song}" + (" (Lyric Video)" if kind == LYRICS else "")
    page = f"/..%2F..%2Fx{number}" if kind == "id like ../../x" else f"/v/{number}"
    media = f"/m/{number}.mp4"
    html = (
        f'<html><title>{title}</title><meta property="og:title" content="{title}">'
        f'<video src="{media}"></video></html>'
    )
    return Item(page, media, data, html, title)
