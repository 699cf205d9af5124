"""How varied, how repetitive, and how faithful the texts are."""

from schemas.report.part import Distribution, Interval, Part


class PromptSummary(Part):
    """The prompts that one step wrote."""

    step: str
    prompts: int
    words: Distribution | None
    clip_tokens: Distribution | None
    """Of the prompts whose tokens were counted, ends included; None where none were."""
    truncated: int
    """Prompts of more than 77 CLIP tokens: CLIP reads no further."""
    truncated_share: float | None
    """Of the prompts whose tokens were counted."""
    asked_again: int
    """Prompts that took more than one attempt."""
    violating: int
    """Prompts that break at least one rule."""
    violations: dict[str, int]
    """Prompts by the rule that they break, the commonest first; one can break several."""
    variety: "Variety | None"
    """None where there are no prompts."""
    provenance: "Provenance | None"
    """Where the prompts' words come from; None without captions."""
    likeness: "Likeness | None"
    """None where no prompts of DiffusionDB are at hand."""


class Alike(Part):
    """Prompts that say nearly the same."""

    prompts: int
    text: str
    """Of the first."""
    clip_ids: list[str]
    """The first few."""


class WordUse(Part):
    """A word that prompts use more than their reference does."""

    word: str
    prompts: int
    share: float
    """Of prompts that have it."""
    reference_share: float
    """Of the reference's texts that have it."""
    z: float
    """Of the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008);
    above 1.96 it is no chance."""


class Variety(Part):
    """How much prompts repeat one another. Words are compared in lower case, without
    punctuation."""

    vocabulary: int
    """Different words."""
    repeated: int
    """Prompts whose words are those of an earlier one."""
    near: int
    """Prompts that have a near-duplicate: Jaccard similarity of word triples of at least 0.7;
    `repeated` ones and their first among them."""
    groups: list[Alike]
    """The largest groups of near-duplicates."""
    sample: int
    """Prompts that the next three are measured on: they depend on how many there are."""
    distinct_1: float
    """Different words in all words (Li et al. 2016)."""
    distinct_2: float
    """Likewise of word pairs."""
    self_bleu: float | None
    """Mean BLEU-4 of a prompt against the others of the sample, 0 to 1 (Zhu et al. 2018): higher is
    less varied. None for fewer than two prompts."""
    overused: list[WordUse]
    """The most overused first."""
    reference: str
    """What `overused` is held against: `DiffusionDB`, or `the captions`."""


class Provenance(Part):
    """Where the words of prompts come from, as mean shares of a prompt's different words, stop
    words left out. They sum up to 1."""

    prompts: int
    both: float
    frame_only: float
    music_only: float
    neither: float
    """The language model's own, or its examples'."""


class Likeness(Part):
    """Jaccard similarity of vocabularies, between equally many prompts of each side."""

    prompts: int
    """Of each side."""
    jaccard: float
    ceiling: float
    """Of DiffusionDB with itself: two disjoint draws of that many."""


class Overlap(Part):
    """What two kinds of text about the same clips have in common."""

    a: str
    b: str
    """`prompt`, `answer:QUESTION` or `music_caption`, with ` (STEP)` where several steps write
    it."""
    clips: int
    """That have both."""
    rouge_1: float
    """Mean F1 of single words (Lin 2004)."""
    rouge_l: float
    """Mean F1 of the longest common subsequence."""
    bert_score: float | None
    """Mean F1 (Zhang et al. 2020); None where no checkpoint is configured."""
    bert_score_interval: Interval | None
    bert_score_clips: int
    """It is measured on a sample."""


PromptSummary.model_rebuild()
