"""Kinds of video that are no music video, and how their titles say so.

The patterns ask for a clear word: a song may be called "Chain Reaction", "Best of You", "Trailer
Trash" or "24 Hours". In titles of anime videos "mix" means several series, so that alone says
nothing. They are searched for in titles in lower case, normalised to NFKC.
"""

import re
from typing import Literal

TitleKind = Literal[
    "audio_only",
    "compilation",
    "full_album",
    "gameplay",
    "interview",
    "karaoke",
    "lyric_video",
    "making_of",
    "mix",
    "reaction",
    "review",
    "trailer",
    "tutorial",
]

_HOURS = r"\b(?:[1-9]|10|12|24)[\s-]?(?:hours?|hrs?|h)"
_OPEN, _CLOSE = r"[(\[【「『|]\s*", r"\s*(?:[)\]】」』|]|$)"

_PATTERNS: dict[TitleKind, str] = {
    "audio_only": rf"\b(?:official|full)\s+audio\b|{_OPEN}(?:audio|audio\s+only){_CLOSE}",
    "compilation": r"\bcompilations?\b|\bgreatest\s+hits\b|\b(?:top|best)\s+\d+\b"
    r"|\bbest\s+of\s+(?:the\s+)?(?:19|20)\d\d|\bmedley\s+of\b|まとめ",
    "full_album": r"\bfull\s+(?:album|ep|lp|concert|discography|mixtape|ost|show|soundtrack)\b"
    r"|\balbum\s+(?:stream|completo)\b|\bcomplete\s+(?:album|soundtrack)\b|フルアルバム|전곡",
    "gameplay": r"\bgame\s?play\b|\bwalk-?through\b|\bplay-?through\b|\bspeed-?run\b"
    r"|\bno\s+commentary\b|\blet'?s\s+play\s.*(?:\bpart\b|\bepisode\b|#\s?\d)|実況|플레이\s?영상",
    "interview": rf"\binterviews?\s+(?:with|about|on)\b|{_OPEN}(?:\w+\s+)?interview{_CLOSE}",
    "karaoke": r"\bkaraoke\b|\binstrumental\s+with\s+lyrics\b|カラオケ|노래방",
    "lyric_video": r"^(?!.*\b[apm]mvs?\b)(?:.*(?:\blyrics?[\s-]+(?:video|mv|clip)\b"
    rf"|\bvideo\s+lyrics?\b|{_OPEN}(?:\w+\s+)?lyrics?(?:\s+\w+)?{_CLOSE}|\bwith\s+lyrics\b"
    r"|歌詞(?:付|動画)|가사))",
    "making_of": r"\bmaking\s+of\b|\bbehind\s+the\s+scenes?\b|\bmaking\s+film\b|メイキング|메이킹",
    "mix": r"\bmega-?mix\b|\bmix-?tape\b|\bdj\s+(?:set|mix)\b|\b(?:non-?stop|continuous)\s+mix\b"
    r"|\b(?:party|workout|study|sleep|gym)\s+(?:mix|music|playlist)\b|作業用"
    rf"|{_HOURS}\s+(?:version|loop|mix|of|extended)\b|{_OPEN}{_HOURS}{_CLOSE}",
    "reaction": r"\breaction\s+(?:video|to|mashup|compilation)\b|\breact(?:s|ing)?\s+to\b"
    rf"|{_OPEN}reaction!*{_CLOSE}|^\W*reaction\s*[:!|-]|\b(?:first|1st)\s+time\s+"
    r"(?:hearing|listening|reacting|watching)\b|リアクション|해외\s?반응|리액션",
    "review": rf"\b(?:album|song|track|music\s+video|movie)\s+review\b|{_OPEN}review{_CLOSE}",
    "trailer": r"^(?!.*\b[apm]mvs?\b)(?:.*(?:\b(?:official|movie|film|game|launch|season|teaser)"
    rf"\s+(?:\w+\s+)?trailer\b|{_OPEN}(?:official\s+)?(?:trailer|teaser){_CLOSE}"
    r"|\bm/?v\s+teaser\b|\bteaser\s+(?:video|clip)\b|\btrailer\s+#?\d|予告|예고편))",
    "tutorial": r"\btutorials?\b|\b(?:guitar|piano|drum|bass|vocal|singing)\s+lessons?\b"
    r"|\bhow\s+to\s+(?:play|sing|draw|edit|dance|produce|mix|make)\b|弾き方|강좌",
}

PATTERNS: dict[TitleKind, re.Pattern[str]] = {
    kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()
}
