"""Texts as words: in lower case, without punctuation."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

READ = 5_000
"""Characters of a text that are looked at: prompts have a few hundred, and one of a million must
not take the audit's time."""
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters and kana: scripts without spaces, of which each character counts as a word, as
BERT's tokenizer has it."""
_LETTER = rf"[^\W_{_UNSPACED}]"
_WORD = re.compile(rf"[{_UNSPACED}]|{_LETTER}+(?:'{_LETTER}+)*")
_APOSTROPHE = str.maketrans("\u2019", "'")


def words(text: str) -> list[str]:
    """The words of the first `READ` characters: letters and digits, with apostrophes between them.
    A hyphen parts words, so that "black-and-white" is "black and white".

    >>> words("Don\\u2019t: a Black-and-White CAFE\\u0301!")
    ["don't", 'a', 'black', 'and', 'white', 'café']
    """
    text = text[:READ]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHE)
    return _WORD.findall(text.lower())


@cache
def stop_words() -> frozenset[str]:
    """English words that say nothing of a picture or of music: articles, pronouns, prepositions,
    auxiliary verbs."""
    text = files(__package__).joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
