# ruff: noqa: RUF001 - the marks that titles use
"""Made-up video titles with planted duplicates and near misses, for `infra/bench/duplicates.py`.

Artists and words have Zipf frequencies, so that common words lead to many songs and rare ones to
few, as on YouTube. A tenth of the videos are further videos of a song that is there: written in
another form, order, case or width, with tags, featured artists, misspellings. Others only look
like ones that are there: the same artist's other songs, other artists' songs of the same name,
numbered series.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

TAGS = (
    *("(Official Music Video)", "(Official Video)", "[Official Video]", "(Official Audio)"),
    *("(Lyrics)", "(Lyric Video)", "with lyrics", "HD", "[HD]", "4K", "(HQ)", "| Official Video"),
    *("(Live at Wembley)", "(Live)", "(Acoustic)", "(Cover)", "(Remastered 2009)", "(sped up)"),
    *("(slowed + reverb)", "[Nightcore]", "(Instrumental)", "(Karaoke Version)", "(Remix)"),
    *("legendado", "sub español", "(Letra)", "MV", "M/V", "(Visualizer)", "【MV】", "(2011)"),
)
UNHEARD_OF = ("(best quality!)", "[shot on my phone]", "- for my friends", "(wow)")
SERIES = ("Part {}", "No. {}", "Vol. {}", "Chapter {}", "Pt. {}", "#{}", "{}")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_KANA = [chr(code) for code in range(0x30A2, 0x30EF)]
_KANJI = [chr(code) for code in range(0x5000, 0x5800)]
_HANGUL = [chr(code) for code in range(0xAC00, 0xC000, 3)]
_ONSETS = ("b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "qu")
_REST = ("r", "s", "sh", "st", "t", "th", "tr", "v", "w", "y", "z", "")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou", "ai", "y")
_CODAS = ("", "", "n", "r", "s", "l", "t", "ck", "nd", "m", "ng", "st")


@dataclass(frozen=True, slots=True)
class Song:
    """A song of its own."""

    number: int
    artist: str
    title: str


@dataclass(frozen=True, slots=True)
class Titled:
    """A listed video, and the truth about it."""

    song: int
    title: str
    artist: str | None
    track: str | None
    channel: str
    planted: bool
    """Whether it is a further video of a song."""


class Zipf:
    """Draws from a list, its n-th entry with a frequency proportional to 1/(n + `head`)."""

    def __init__(self, values: list[str], head: int, draw: random.Random) -> None:
        self._values, self._draw = values, draw
        self._weights = list(accumulate(1 / (n + head) for n in range(len(values))))

    def __call__(self) -> str:
        return self._draw.choices(self._values, cum_weights=self._weights)[0]


def videos(count: int, seed: int = 0, planted: float = 0.1) -> list[Titled]:
    """`count` videos in random order, of which a share of `planted` are of songs that another of
    them is of."""
    draw = random.Random(seed)
    songs = _songs(round(count * (1 - planted)), draw)
    rows = [_video(song, draw, planted=False) for song in songs]
    rows += [_video(draw.choice(songs), draw, planted=True) for _ in range(count - len(rows))]
    draw.shuffle(rows)
    return rows


def _songs(count: int, draw: random.Random) -> list[Song]:
    words = {_word(draw) for _ in range(max(3000, count // 10))}
    known = sorted((each for each in words if len(each) > 1), key=lambda each: (len(each), each))
    word = Zipf(known, 10, draw)
    artist = Zipf([_artist(word, draw) for _ in range(max(100, count // 12))], 100, draw)
    found: dict[tuple[str, str], Song] = {}
    last = Song(0, artist(), _title(word, draw))
    while len(found) < count:
        kind = draw.random()
        if kind < 0.04:
            song = Song(0, artist(), last.title)
        elif kind < 0.08:
            song = Song(0, last.artist, _title(word, draw))
        elif kind < 0.12:
            song = replace(last, title=_numbered(last.title, draw))
        else:
            song = Song(0, artist(), _title(word, draw))
        same = (song.artist.casefold(), song.title.casefold())
        if same not in found:
            found[same] = last = replace(song, number=len(found))
    return list(found.values())


def _word(draw: random.Random) -> str:
    return "".join(
        draw.choice(_ONSETS + _REST) + draw.choice(_VOWELS) + draw.choice(_CODAS)
        for _ in range(draw.choice((1, 1, 2, 2, 2, 3, 3)))
    )


def _artist(word: Callable[[], str], draw: random.Random) -> str:
    if draw.random() < 0.1:
        return "".join(draw.choices(draw.choice((_KANA, _KANJI, _HANGUL)), k=draw.randint(2, 5)))
    name = " ".join(word().title() for _ in range(draw.choice((1, 2, 2, 2, 3))))
    return f"The {name}" if draw.random() < 0.1 else name


def _title(word: Callable[[], str], draw: random.Random) -> str:
    if draw.random() < 0.1:
        return "".join(draw.choices(draw.choice((_KANA, _KANJI, _HANGUL)), k=draw.randint(3, 9)))
    words = [word() for _ in range(draw.choice((1, 2, 2, 3, 3, 4, 5)))]
    text = " ".join(words).capitalize() if draw.random() < 0.3 else " ".join(words).title()
    return f"{text} ({word()} {word()})" if draw.random() < 0.03 else text


def _numbered(title: str, draw: random.Random) -> str:
    number = draw.randint(1, 9)
    text = ROMAN[number - 1] if draw.random() < 0.3 else str(number)
    return f"{title} {draw.choice(SERIES).format(text)}"


def _video(song: Song, draw: random.Random, planted: bool) -> Titled:
    artist, title = song.artist, song.title
    if planted:
        artist, title = _rewritten(artist, title, draw)
    channel = draw.choice((f"{song.artist} - Topic", f"{song.artist}VEVO", song.artist, "Uploads"))
    if draw.random() < 0.1:
        return Titled(song.number, title, artist, title, channel, planted)
    text = _form(artist, title, draw, common=not planted)
    if draw.random() < (0.8 if planted else 0.6):
        text = f"{text} {draw.choice(TAGS)}"
    if planted and draw.random() < 0.02:
        text = f"{text} {draw.choice(UNHEARD_OF)}"
    if planted and draw.random() < 0.2:
        text = draw.choice((str.upper, str.lower))(text)
    return Titled(song.number, text, None, None, channel, planted)


def _form(artist: str, title: str, draw: random.Random, common: bool) -> str:
    kind = draw.random() * (4 if common else 1)
    forms = (
        (0.10, f"{title} - {artist}"),
        (0.18, f"{title} / {artist}"),
        (0.26, f"{artist}: {title}"),
        (0.34, f'{artist} "{title}"'),
        (0.42, f"{artist}「{title}」"),
        (0.50, f"{title} by {artist}"),
        (0.55, f"{artist} | {title}"),
        (0.60, f"{artist} – {title}"),
    )
    return next((form for limit, form in forms if kind < limit), f"{artist} - {title}")


def _rewritten(artist: str, title: str, draw: random.Random) -> tuple[str, str]:
    if draw.random() < 0.25:
        if draw.random() < 0.7:
            title = _misspelt(title, draw)
        else:
            artist = _misspelt(artist, draw)
    if draw.random() < 0.1:
        title = title.replace(" ", draw.choice((", ", " ... ", "  ", "_")), 1)
    if draw.random() < 0.05:
        title = title.translate(_WIDE)
    if draw.random() < 0.15:
        guest = _word(draw).title()
        mark = draw.choice(("feat.", "ft.", "featuring", "&", "x"))
        if mark in ("&", "x"):
            artist = f"{artist} {mark} {guest}"
        else:
            title = f"{title} {mark} {guest}"
    return artist, title


_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}


def _misspelt(text: str, draw: random.Random) -> str:
    """`text` with one letter of its longest word lost, doubled, swapped or replaced."""
    word = max(text.split(), key=len)
    if len(word) < 5:
        return text
    place = draw.randrange(1, len(word) - 1)
    wrong = draw.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + draw.choice(string.ascii_lowercase) + word[place + 1 :],
        )
    )
    return text.replace(word, wrong, 1)
