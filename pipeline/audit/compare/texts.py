"""What variants say about each clip."""

from collections import defaultdict
from dataclasses import dataclass, field

from pipeline.audit.compare.variants import Variant, manifests
from pipeline.stages.prompts.rules import words
from pipeline.store import Dataset
from schemas import MUSIC_CAPTIONS, PROMPTS, SCORES, TABLES
from schemas.captions import FrameCaption, MusicCaption
from schemas.prompt import CLIP_CONTEXT, Prompt
from schemas.table import Row

Values = dict[str, dict[str, float]]
"""By measure, then by clip."""


@dataclass
class Said:
    """All that a variant says."""

    texts: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By clip; then by question for frame captions, else by the table's name."""
    violations: dict[str, list[str]] = field(default_factory=dict)
    """By clip."""
    values: Values = field(default_factory=lambda: defaultdict(dict))
    """What the rows themselves measure."""

    def take(self, row: Row) -> None:
        """Take in a row of whatever table."""
        if isinstance(row, Prompt):
            self._take_prompt(row)
        elif isinstance(row, FrameCaption):
            self.texts[row.clip_id][row.question] = row.answer
            self._count_words(row.clip_id, row.answer)
        elif isinstance(row, MusicCaption):
            self.texts[row.clip_id][MUSIC_CAPTIONS.name] = row.text
            self._count_words(row.clip_id, row.text)

    def _take_prompt(self, row: Prompt) -> None:
        self.texts[row.clip_id][PROMPTS.name] = row.text
        self.violations[row.clip_id] = row.violations
        self.values["violations"][row.clip_id] = len(set(row.violations))
        if row.clip_tokens is not None:
            self.values["truncated"][row.clip_id] = row.clip_tokens > CLIP_CONTEXT
            self.values["clip_tokens"][row.clip_id] = row.clip_tokens
        self.values["words"][row.clip_id] = row.words
        self.values["attempts"][row.clip_id] = row.attempts

    def _count_words(self, clip_id: str, text: str) -> None:
        counted = self.values["words"]
        counted[clip_id] = counted.get(clip_id, 0) + words(text)


def said(dataset: Dataset, variant: Variant) -> Said:
    """A variant's texts, and what can be measured of them alone. For scores: the texts that were
    scored, as far as they still are on disk, and nothing measured."""
    found = Said()
    if variant.table != SCORES:
        for row in dataset.read_all(variant.table, variant.name):
            found.take(row)
        return found
    for read in _inputs(dataset, variant):
        for row in dataset.read_all(read.table, read.name):
            found.take(row)
    found.values.clear()
    return found


def _inputs(dataset: Dataset, variant: Variant) -> list[Variant]:
    """The variants that a variant was made of, prompts first."""
    reads = {read for manifest in manifests(dataset, variant).values() for read in manifest.inputs}
    parted = sorted((read.partition("/") for read in reads), key=lambda each: each[0] != "prompts")
    return [Variant(TABLES[table], name) for table, _, name in parted if name and table in TABLES]
