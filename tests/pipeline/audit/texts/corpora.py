"""Corpora for tests of the text figures."""

from collections.abc import Iterable

from pipeline.audit.texts.corpus import Corpus, Vocabulary, read


def corpus(texts: Iterable[str], vocabulary: Vocabulary | None = None) -> Corpus:
    """Texts of clips `c0`, `c1`, …"""
    numbered = ((f"c{number}", text) for number, text in enumerate(texts))
    return read(numbered, Vocabulary() if vocabulary is None else vocabulary)
