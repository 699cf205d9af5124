# ruff: noqa: RUF001 - the marks that titles use
"""What titles say about a recording besides its name: "Official Video", "Live at …", "sped up"."""

import re
from functools import lru_cache

_VERSIONS = {
    "live": (r"live|en vivo|ao vivo|en concert|in concert|concert", "ライブ|라이브|现场|現場"),
    "lyrics": (r"lyrics?|letra|paroles|songtext|testo|sözleri|текст", "歌詞(?:付き)?|歌词|가사"),
    "cover": (r"cover(?:ed)?|кавер", "歌ってみた|弾いてみた|叩いてみた|翻唱|커버"),
    "remix": (r"remix|rmx|bootleg|flip", "リミックス|리믹스"),
    "acoustic": (r"acoustic|unplugged|stripped|ac[uú]stico|acoustique", ""),
    "instrumental": (r"instrumental|off vocal|backing track|inst\.", "伴奏"),
    "karaoke": ("karaoke", "カラオケ|노래방"),
    "sped_up": (r"sped[ -]?up|speed[ -]?up|fast version", ""),
    "slowed": (r"slowed(?: down)?|daycore", ""),
    "reverb": ("reverb", ""),
    "nightcore": ("nightcore", ""),
    "bass_boosted": (r"bass[ -]?boosted", ""),
    "spatial": (r"8d(?: audio)?", ""),
    "remaster": (r"remaster(?:ed|izado)?", "リマスター"),
    "demo": ("demo", ""),
    "extended": (r"extended|long version|full version", "完整版"),
    "short": (r"radio edit|short ver(?:sion)?|tv size|single edit|teaser|trailer|preview", ""),
    "mashup": (r"mash[ -]?up", ""),
    "parody": ("parody", ""),
    "dance": (r"dance practice|choreography", "踊ってみた|안무"),
    "translated": (
        r"sub(?:titulad[oa]|t[ií]tulos|titles|titled|s|bed)?|legendado|tradu[cç][aã]o|traducida",
        "字幕|자막",
    ),
    "audio": (r"audio(?: only)?|visuali[sz]er", ""),
    "amv": (r"amv|mep|mad", ""),
}
VERSIONS = tuple(_VERSIONS)
"""The words that `versions` may hold."""

_EDGE = r"(?<![^\W_])"
_END = r"(?![^\W_])"


_REMEMBERED = 4096
"""Tags repeat from title to title: one costs microseconds the first time only."""


def _words(latin: str, others: str) -> str:
    """Words between blanks, and those of scripts that write none."""
    return rf"{_EDGE}(?:{latin}){_END}" + (f"|{others}" if others else "")


_FIND = re.compile("|".join(f"(?P<{name}>{_words(*v)})" for name, v in _VERSIONS.items()), re.I)
_ANY = "|".join(f"(?:{_words(*words)})" for words in _VERSIONS.values())
_MEDIUM = (
    r"official|oficial|officiel(?:le)?|offizielles?|ufficiale|resmi|公式|官方|공식|официальн\w+"
    r"|music video|musikvideo|video ?clip|videoclip|lyric video|video|clip|clipe|klip|клип"
    r"|m/?v|pv|mv full|뮤직비디오|뮤비|ミュージックビデオ"
    r"|オリジナル(?:曲|mv|pv)?|original(?: song| mv| pv)?"
    r"|hd|hq|uhd|4k|8k|hi-?res|[1-9]\d{2,3}p|[2-6]\dfps|高音質|高画質|explicit|clean|uncensored"
    r"|version|ver\.?|edit|mix|album version|single version|full|new|free download|premiere"
    r"|performance(?: video)?|session|radio|stereo|mono|ost|soundtrack|theme|opening|ending"
    r"|op ?\d*|ed ?\d*|colou?r coded|eng|rom|han|jpn|kor|english|español|spanish|romaji|kanji"
    r"|(?:19|20)\d\d|[@#](?![ivx]+\b)[^\W\d]\w*"
)
_FILLER = r"with|the|in|and|on|by|con|com|avec|of|from|for|w/|w|&|\+|/|,|\.|-|:|\||\s|!"
_WHOLE = re.compile(rf"(?:{_ANY}|{_EDGE}(?:{_MEDIUM}){_END}|{_FILLER})++", re.I)
_HEAD = re.compile(
    rf"(?:live|lyrics?|letra|cover(?:ed)?|remaster(?:ed)?|official|oficial|video|karaoke"
    rf"|from [\"'“‘「]"
    rf"|from the|prod|dir|directed|shot by|music by|acoustic|sub|with lyrics|nightcore"
    rf"|as made famous"
    rf"|in the style of|originally performed|歌ってみた|(?:19|20)\d\d remaster){_END}",
    re.I,
)
_TAIL = re.compile(
    rf"(?:字幕|{_EDGE}(?:remix|rmx|mix|edit|version|ver\.?|cover|video|remaster(?:ed)?|lyrics?|live|sessions?"
    rf"|performance|m/?v|audio|karaoke|instrumental|bootleg|flip|sub(?:s|bed|titles)?|reverb|dub"
    rf"|soundtrack|ost|acoustic|unplugged|demo|sped up|slowed))\W*$",
    re.I,
)
_BARE = re.compile(
    r"(?:^|[\s\-–—|/,:_~•]+|(?<=[」』\"”'’)\]】》])|(?<=\w)(?=【))"
    r"(?:(?:the )?official(?:ly)?(?: (?:music|lyrics?|hd|4k|live|performance|full))*"
    r"(?: (?:video|audio|mv|m/v|clip|visuali[sz]er|version))?"
    r"|(?:full )?(?:music|lyrics?|performance|dance practice) video|(?:video|clip|clipe)(?: clip)?"
    r" (?:oficial|officiel|ufficiale)|official|video ?clip|with lyrics|w/ ?lyrics|lyrics?"
    r"|m/?v|pv|hd|hq|uhd|4k|8k|[1-9]\d{2,3}p|[2-6]\dfps|legendado|(?:con )?letra"
    r"|(?:eng|english|sub|subtitulad[oa]) ?(?:sub|subs|español|en español|espanol|inglés)"
    r"|sped[ -]?up|slowed(?: ?(?:\+|&|and|n) ?reverb)?|nightcore|karaoke(?: version)?|instrumental"
    r"|(?:acoustic|piano|guitar|metal|rock|live|band|drum|vocal|violin|full)? ?cover|acoustic"
    r"|acoustic version|remix|bass[ -]?boosted|8d audio|audio|visuali[sz]er|dance practice"
    r"|(?:(?:19|20)\d\d )?remaster(?:ed)?(?: (?:19|20)\d\d)?|amv"
    r"|live (?:at|from) .{1,80}|(?<=[-–—|/] )live(?: (?:in|on) .{1,80})?"
    r"|歌ってみた|弾いてみた|踊ってみた|#(?![ivx]+\b)[^\W\d]\w*|公式|官方mv|뮤직비디오|가사|字幕|中文字幕|歌詞付き)[\s!.\])】]*$",
    re.I,
)
_LAST_WORDS = frozenset(
    [
        "official",
        "video",
        "audio",
        "mv",
        "clip",
        "visualizer",
        "visualiser",
        "version",
        "oficial",
        "officiel",
        "ufficiale",
        "videoclip",
        "lyrics",
        "lyric",
        "pv",
        "hd",
        "hq",
        "uhd",
        "legendado",
        "letra",
        "sub",
        "subs",
        "español",
        "espanol",
        "inglés",
        "up",
        "reverb",
        "slowed",
        "nightcore",
        "karaoke",
        "instrumental",
        "cover",
        "acoustic",
        "remix",
        "boosted",
        "practice",
        "remaster",
        "remastered",
        "amv",
        "officially",
        "live",
    ]
)
"""What `_BARE` may end with, of plain words."""


@lru_cache(_REMEMBERED)
def versions_in(text: str) -> frozenset[str]:
    """The words of `VERSIONS` that a tag stands for.

    >>> sorted(versions_in("Slowed + Reverb"))
    ['reverb', 'slowed']
    """
    return frozenset(str(match.lastgroup) for match in _FIND.finditer(text))


@lru_cache(_REMEMBERED)
def is_tag(text: str) -> bool:
    """Whether a bracket, or a part between separators, is no part of a song's name."""
    return bool(_HEAD.match(text) or _TAIL.search(text) or _WHOLE.fullmatch(text))


@lru_cache(_REMEMBERED)
def is_whole_tag(text: str) -> bool:
    """Whether nothing but words of the trade stand there; `is_tag` also takes "Foo's Remix"."""
    return bool(_WHOLE.fullmatch(text))


def split_trailing(text: str) -> tuple[str, str]:
    """A name without the tags at its end, and those tags. A name of tags only stays whole."""
    last = text[text.rfind(" ") + 1 :].casefold()
    if last.isascii() and last.isalpha() and last not in _LAST_WORDS and "ive " not in text:
        return text, ""
    end, found = text, ""
    while match := _BARE.search(end):
        if match.start() == 0:
            break
        found = f"{match.group()} {found}"
        end = end[: match.start()].rstrip(" -–—|/,:_~•")
    return (end, found) if end else (text, "")
