# ruff: noqa: RUF001 - the marks that titles use
"""Artist and title, out of what sites state.

Uploaders name music videos in a dozen ways; the forms that are taken apart here are listed with
their results in `tests/pipeline/songs/test_names.py`.
"""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.lines import clean_line
from pipeline.songs.tags import VERSIONS, is_tag, is_whole_tag, split_trailing, versions_in
from pipeline.stated import Stated

MAX_LENGTH = 300
"""Characters of a title that are looked at. YouTube allows 100."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a recording is called. None where nobody says."""

    artist: str | None
    """Without featured artists."""
    title: str | None
    """Of the song: without tags, featured artists and quotation marks."""
    versions: tuple[str, ...] = ()
    """Words of `pipeline.songs.tags.VERSIONS`, in its order."""


def parse_name(stated: Stated) -> Name:
    """The site's own artist and track, and what the title's form says where there are none.

    Of an AMV the music is named, not the pictures: "AMV - Anime - Song - Band" is the band's song.
    An anime's name alone is no artist: "[AMV] Anime - Song" has none.
    """
    rest, tags = _split_tags(plain(stated.title))
    found = set(versions_in(tags)) if tags else set()
    if _AMV.search(rest):
        found.add("amv")
    if stated.artist and stated.track:
        name = site_name(stated.artist, stated.track)
        return Name(name.artist, name.title, _ordered(found.union(name.versions)))
    artist, title = _of_amv(rest) if "amv" in found else _halves(rest)
    channel = plain(stated.channel)
    original = _COVERED.search(tags) if "cover" in found else None
    if original and not is_whole_tag(original["artist"]):
        artist = original["artist"]
    elif artist and title and channel and _same(title, _of_channel(channel) or channel):
        artist, title = title, artist
    artist = artist or (plain(stated.artist) or _of_channel(channel))
    return Name(_artist(artist), _title(plain(stated.track) or title), _ordered(found))


def site_name(artist: str | None, track: str | None) -> Name:
    """What a site's own fields say, or a row of a table that was filled from a name."""
    title, tags = _split_tags(plain(track))
    found = set(versions_in(tags)) if tags else set()
    return Name(_artist(plain(artist)), _title(title), _ordered(found))


def plain(text: str | None) -> str:
    """Text from outside as one short line, in Unicode's compatible composed form.

    Never decomposed: stripping accents would turn Japanese syllables into others.
    """
    if not text:
        return ""
    line = unicodedata.normalize("NFKC", text[: 4 * MAX_LENGTH])
    line = " ".join(line.split()) if line.isprintable() else clean_line(line)
    return line[:MAX_LENGTH].strip()


_GROUP = re.compile(
    r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|\{([^{}]*)\}|<([^<>]*)>|〔([^〔〕]*)〕"
)
_FEATURED = re.compile(r"^(?:feat|ft|featuring|with|w/|prod|con)\b\.?", re.I)
_FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s.*$", re.I)
_COVERED = re.compile(r"[(\[]\s*(?P<artist>[^()\[\]]{2,60}?) cover\s*[)\]]", re.I)


_LEADING = re.compile(r"^(nightcore|karaoke|lyrics?|cover|m/?v|pv|full)\s*(?:[-–—|:]+\s+)", re.I)


_PARTS = re.compile(r"[|•·]|//")
_MARKS = " -–—|/_:,~•·"
"""What stands between the parts of a title."""


def _split_tags(text: str) -> tuple[str, str]:
    """A title without the brackets, parts and last words that only describe, and those."""
    tags: list[str] = []
    if leading := _LEADING.match(text):
        tags.append(leading[1])
        text = text[leading.end() :]
    if any(mark in text for mark in "([【{<〔"):
        text = _GROUP.sub(lambda group: _kept(group, tags), text)
    parts = _PARTS.split(text)
    kept = []
    for part in parts:
        rest, trailing = split_trailing(part.strip())
        if trailing:
            tags.append(trailing)
        if is_whole_tag(rest) and len(parts) > 1:
            tags.append(rest)
        elif rest:
            kept.append(rest)
    return " | ".join(kept).strip(_MARKS), " ".join(tags)


def _kept(group: re.Match[str], tags: list[str]) -> str:
    inner = (group[group.lastindex or 1] or "").strip()
    if group.group().startswith("<"):
        return " "
    if inner and not _FEATURED.match(inner) and not is_tag(inner):
        return group.group()
    tags.append(f"({inner})")
    return " "


_QUOTED = re.compile(
    r"(?P<before>[^「『《“\"【]*?)\s*(?:「(?P<a>[^」]+)」|『(?P<b>[^』]+)』|《(?P<c>[^》]+)》"
    r"|“(?P<d>[^”]+)”|\"(?P<e>[^\"]+)\"|(?<!\w)['‘](?P<f>.+?)['’](?!\w)|【(?P<g>[^】]+)】)(?P<after>.*)"
)
_PROGRAMME = re.compile(r"アニメ|映画|ドラマ|劇場版|主題歌", re.I)
_DASH = re.compile(r"\s+[-–—―−]+\s+|\s+[–—―]|[–—―]\s+|\s+-+(?=\w)|(?<=\w)-+\s+|\s+_\s+|\s+~\s+")
_SLASH = re.compile(r"\s+/\s+|\s*/\s*(?=[^\x00-\u02ff])|(?<=[^\x00-\u02ff])\s*/\s*")
_NOBODY = r"(?!(?i:me|you|my|your|now|one|side|day|step|the|a|an|it)\b)"
_BY = re.compile(rf"^(?P<title>.+\S) (?:by|BY) (?P<artist>(?:The |THE )?{_NOBODY}[^a-z].*)$")
_BY_LOWER = re.compile(rf"^(?P<title>.+\S) by (?P<artist>{_NOBODY}.*)$")
_NUMBER = re.compile(r"^(?:\d{1,2}\.\s+|0\d\s*-\s*|\d{1,2}\s+-\s+(?=.*\s-\s))")


def _halves(text: str) -> tuple[str | None, str | None]:
    """Artist and title by the marks between them."""
    text = _NUMBER.sub("", text)
    leading = re.match(r"^【([^【】]+)】\s*(.+)", text)
    if leading:
        artist, title = _halves(leading[2])
        return (artist, title) if artist else (leading[1], title)
    parts = _DASH.split(text, maxsplit=1)
    if len(parts) == 2 and all(parts):
        return parts[0], parts[1]
    quoted = _QUOTED.match(text)
    if quoted and not _PROGRAMME.search(text):
        title = next(filter(None, quoted.group("a", "b", "c", "d", "e", "f", "g")))
        around = split_trailing(_bare(quoted["before"]))[0] or _bare(quoted["after"])
        return around or None, title
    parts = _SLASH.split(text, maxsplit=1)
    if len(parts) == 2 and all(parts):
        return parts[1], parts[0]
    for mark in (" | ", ": "):
        artist, _, title = text.partition(mark)
        if title:
            return artist, title
    by = (_BY_LOWER if text.islower() else _BY).match(text)
    return (by["artist"], by["title"]) if by else (None, text or None)


_AMV = re.compile(r"[「『]?(?<![^\W_])(?:amv|mep)(?![^\W_])[」』]?", re.I)
_AMV_PARTS = re.compile(r"\s+[-–—|]+\s+|^\s*[-–—|:]+\s*|:\s+")


def _of_amv(text: str) -> tuple[str | None, str | None]:
    """ "Anime - Song - Band", "Anime - Song", or something without a form."""
    parts = [_bare(part) for part in _AMV_PARTS.split(_AMV.sub(" ", text))]
    parts = [part for part in parts if part]
    if len(parts) > 2:
        return parts[2], parts[1]
    return None, parts[-1] if parts else None


_TOPIC = " - Topic"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _of_channel(channel: str) -> str | None:
    """The artist whose channel it surely is: a site's automatic one, or a label's."""
    if channel.endswith(_TOPIC):
        return channel.removesuffix(_TOPIC)
    if channel.endswith("VEVO"):
        return _WORD.sub(" ", channel.removesuffix("VEVO"))
    return None


def _same(one: str, two: str) -> bool:
    return one.replace(" ", "").casefold() == two.replace(" ", "").casefold()


def _artist(text: str | None) -> str | None:
    if not text:
        return None
    text = _of_channel(text) or text
    text = _FEATURING.sub("", text)
    return _bare(without_asides(text)) or _bare(text) or None


def without_asides(text: str) -> str:
    """`text` without what brackets say once more in another script: "IU(아이유)"."""
    if text.isascii() or not _GROUP.search(text):
        return text
    rest = _GROUP.sub(" ", text).strip()
    asides = "".join(match.group() for match in _GROUP.finditer(text))
    return rest if rest and rest.isascii() != asides.isascii() else text


def _title(text: str | None) -> str | None:
    if not text:
        return None
    alone = _FEATURING.sub("", text)
    if alone != text:
        alone = split_trailing(alone)[0]
    return _bare(alone) or _bare(text) or None


_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "「": "」", "『": "』", "《": "》"}


def _bare(text: str) -> str:
    """`text` without blanks, separators and one pair of quotation marks around it."""
    text = " ".join(text.split()).strip(_MARKS)
    if len(text) > 2 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def _ordered(found: set[str]) -> tuple[str, ...]:
    return tuple(version for version in VERSIONS if version in found)
