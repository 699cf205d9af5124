"""From what a language model answers to the prompt in it."""

import re
import unicodedata

LONGEST_ANSWER = 4_000
"""Characters that are looked at: ten times a prompt. Some servers ignore `max_tokens`."""

_I = re.IGNORECASE
_THINKING = re.compile(r"\A.*</think>|<think>.*\Z", _I | re.DOTALL)
_SPECIAL = re.compile(r"</?s>|\[/?INST\]|<\|[^|<>]{0,40}\|>", _I)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)\w*[ \t]*$|```", re.MULTILINE)
_AGREEING = re.compile(r"^\W*(?:sure(?: thing)?|certainly|of course|absolutely|okay)[!.,:]\s*", _I)
_OFFER = re.compile(
    r"^(?:i can help|i(?:'d| would) be happy|happy to|i understand)[^\n]{0,160}\n+", _I
)
_INTRODUCTION = re.compile(
    r"^(?=\w)(?:"
    r"(?:here(?: is|'s|\u2019s| are)|below is)\b[^\n:]{0,160}"
    r"|[^\n:.]{0,160}\b(?<!negative )prompts?\b[^\n:.]{0,60}"
    r"):\s*",
    _I,
)
_LABEL = re.compile(
    r"^(?:the |my |final |new )?(?:generated |stable[ -]diffusion |text[ -]to[ -]image )?"
    r"(?:image|picture|prompt|answer|output|response|description|caption|text)"
    r"(?: description)?(?: ?#?\d{1,2})?(?:\s*[:=]\s*|$)",
    _I,
)
_REMARK = re.compile(
    r"^\W*(?:notes?\s*:|explanation|i hope|let me know|feel free|please let|this prompt|"
    r"the prompt|word count|\d+ words|if you(?:'d|\u2019d| would)|would you like|negative prompt)",
    _I,
)
_AFTERTHOUGHT = re.compile(r"^(?:[-*_=]{3,}$|#\w)")
_SOLE_LABEL = re.compile(r"^(?:image |stable[ -]diffusion )?prompt\s*:", _I)
_NEGATIVE = re.compile(r"[\s,.;]*\bnegative prompts?\s*:.*\Z", _I | re.DOTALL)
_COUNT = re.compile(r"\s*[(\[](?:\d{1,3} words|word count:? ?\d{1,3}[^)\]]{0,8})[)\]]\W*\Z", _I)
_BULLET = re.compile(r"^(?:[-*+\u2022]|\d{1,2}[.)])\s+(?=\S)")
_HEADING = re.compile(r"^(?:#{1,6}|>+)\s+(?=\S)")
_MARKED = re.compile(r"(?<!\w)(\*\*\*|\*\*|__|\*|_|`)(?=\S)([^*_`\n]+?)(?<=\S)\1(?!\w)")
_QUOTES = {"\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb", "\u201e": "\u201c", "[": "]"}
_QUOTES |= {mark: mark for mark in "\"'`"}


def visible(text: str) -> str:
    """`text` in composed Unicode without control, format, surrogate and private characters: no
    terminal escapes, nothing of zero width, nothing that changes direction. Line breaks stay."""
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kinds = {c: unicodedata.category(c) for c in set(composed) - {"\n"}}
    gone = {ord(c): "" if kind == "Cf" else " " for c, kind in kinds.items() if kind[0] == "C"}
    return composed.translate(gone)


def one_line(text: str) -> str:
    """`text` as `visible` leaves it, with each run of white space as one space."""
    return " ".join(visible(text).split())


def clean(answer: str) -> str:
    """The prompt within a model's answer; in several lines where the answer's core has several.

    Taken away: reasoning, special tokens, code fences, "Sure, here is …", labels such as
    "Prompt:", markdown, quotation marks around the whole, and remarks after the prompt. What is
    clean stays as it is.
    """
    text = answer[:LONGEST_ANSWER]
    while (peeled := _peel(text)) != text:  # a label may stand in quotes, these in a fence
        text = peeled
    return text


def _peel(text: str) -> str:
    text = _SPECIAL.sub(" ", _THINKING.sub(" ", visible(text)))
    text = _FENCE.sub("", text).strip()
    for opening in (_AGREEING, _OFFER, _INTRODUCTION):
        text = opening.sub("", text, count=1)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = _core([line for line in lines if line])
    lines = [_MARKED.sub(r"\2", _HEADING.sub("", line)) for line in lines]
    if len(lines) == 1:
        lines = [_BULLET.sub("", lines[0])]
    if lines:
        lines[0] = _LABEL.sub("", lines[0])
    text = "\n".join(line for line in lines if line)
    return _unquoted(_COUNT.sub("", _NEGATIVE.sub("", text))).strip()


def _core(lines: list[str]) -> list[str]:
    """The lines before the first remark, rule or hashtag, from the one line that is labelled
    "Prompt:" if there is one. What begins with a remark is left to the checks."""
    labelled = [n for n, line in enumerate(lines) if _SOLE_LABEL.match(line)]
    start = labelled[0] if len(labelled) == 1 else 0
    for n, line in enumerate(lines):
        if n > start and (_REMARK.match(line) or _AFTERTHOUGHT.match(line)):
            return lines[start:n]
    return lines[start:]


def _unquoted(text: str) -> str:
    closing = _QUOTES.get(text[:1])
    bare = text.rstrip(".,")
    if closing is None or len(bare) < 2 or bare[-1] != closing:
        return text
    inner = bare[1:-1]
    mark = re.escape(closing)
    nested = text[0] in inner if text[0] != closing else False
    if nested or re.search(rf"(?<!\w){mark}|{mark}(?!\w)", inner):
        return text  # `"a" and "b"`: the marks do not enclose the whole
    return inner
