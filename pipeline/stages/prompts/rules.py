"""What a finished prompt must not be. Each check has a short name to count by."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

from pipeline.stages.prompts.names import Name
from schemas.prompt import CLIP_CONTEXT

_OPENING = re.compile(
    r"\W*(?:(?:please )?(?:create|generate|imagine|visuali[sz]e)\b"
    r"|(?:please )?(?:draw|paint|depict|design|make|produce|write|show|render)\s+(?:me\s+)?"
    r"(?:an?|the|some|this|one)\b"
    r"|(?:image|picture|photo|prompt|answer|output|response|caption|description)\s*\d*\s*:"
    r"|(?:the|this) (?:image|picture|photo|prompt) (?:shows|features|depicts|is|has|could|should)\b"
    r"|(?:sure|certainly|of course|sorry)[,.! ]|here(?: is|'s|\u2019s| are)\b"
    r"|i(?:'m| am|'d| would)\b|as an ai\b)",
    re.IGNORECASE,
)
_ALTERNATIVES = re.compile(r"(?<!\bmore )\bor\b(?! so\b)(?!-)", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*+\u2022]|\(?\d{1,2}[.):])\s+\S", re.MULTILINE)
_INLINE_ITEMS = re.compile(r"(?:^|\s)\(?1[.)]\s.*\s\(?2[.)]\s", re.DOTALL)
_LABELLED_LINE = re.compile(r"^\s*(?:prompt|image|option|version)\b[^:\n]{0,12}:", re.I | re.M)
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")

_FUNCTION_WORDS = {
    "english": "the of and in with a an on at is by from to her his its over under into through",
    "french": "le la les des du une dans avec et est sur sous aux ces cette qui au pour par",
    "german": "der die das und mit ein eine im auf ist dem den von zu einer einem unter vor",
    "spanish": "el los las una con en del por y es sobre su sus bajo entre para desde al",
    "italian": "il lo gli una con di nel della del sotto sopra tra fra che sul alla dal nella",
    "portuguese": "uma com em do da dos das no na nos nas por sobre um seu sua ao pelo pela",
    "dutch": "het een van met op en is onder voor door naar uit aan bij zijn haar deze",
}
_FUNCTIONS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


def words(text: str) -> int:
    """How many words: what white space separates, if there is a letter or digit in it."""
    return sum(any(c.isalnum() for c in part) for part in text.split())


def violations(
    text: str, max_words: int, names: Iterable[Name] = (), clip_tokens: int | None = None
) -> list[str]:
    """The names of the rules that a cleaned answer breaks, in a fixed order.

    Args:
        text: as `clean` leaves it, with line breaks.
        max_words: fewer than this are allowed.
        names: of the video's artist and title.
        clip_tokens: its length in CLIP's tokens, if known.
    """
    if not any(c.isalnum() for c in text):
        return ["empty"]
    broken = [name for name, breaks in CHECKS.items() if breaks(text)]
    if words(text) >= max_words:
        broken.append("too_long")
    if clip_tokens is not None and clip_tokens > CLIP_CONTEXT:
        broken.append("too_many_tokens")
    if any(name.given_away_by(text) for name in names):
        broken.append("name")
    return broken


def bad_opening(text: str) -> bool:
    """It begins with an order ("create …"), a label or a remark, not with what is to be seen."""
    return _OPENING.match(text) is not None


def alternatives(text: str) -> bool:
    """Two pictures joined by "or". "More or less" is none."""
    return _ALTERNATIVES.search(text) is not None


def is_list(text: str) -> bool:
    """Several items or several labelled prompts."""
    items = len(_ITEM.findall(text))
    return items >= 2 or bool(_INLINE_ITEMS.search(text)) or bool(_LABELLED_LINE.search(text))


def repetitive(text: str) -> bool:
    """One word four times in a row, three words in a row three times, or, from 20 words on, fewer
    than two fifths of the words different."""
    found = [word.casefold() for word in _WORD.findall(text)]
    if any(len(set(found[n : n + 4])) == 1 for n in range(len(found) - 3)):
        return True
    triples = Counter(zip(found, found[1:], found[2:], strict=False))
    if triples and max(triples.values()) >= 3:
        return True
    return len(found) >= 20 and len(set(found)) < 0.4 * len(found)


def not_english(text: str) -> bool:
    """Over a fifth of the letters are of another script, or there are at least three function
    words of another language and more than of English."""
    letters = [c for c in text if c.isalpha()]
    foreign = sum(not unicodedata.name(c, "").startswith("LATIN") for c in letters)
    if foreign > 0.2 * len(letters):
        return True
    found = [word.casefold() for word in _WORD.findall(text)]
    hits = {name: sum(word in known for word in found) for name, known in _FUNCTIONS.items()}
    english = hits.pop("english")
    return max(hits.values()) >= 3 and max(hits.values()) > english


CHECKS: dict[str, Callable[[str], bool]] = {
    "opening": bad_opening,
    "alternatives": alternatives,
    "list": is_list,
    "repetition": repetitive,
    "language": not_english,
}
"""The checks that need to know nothing but the text."""
