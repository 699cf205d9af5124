"""The figures of prompts."""

from dataclasses import dataclass

from pipeline.audit.data import AuditData
from pipeline.audit.distributions import bin_edges, distribution
from pipeline.audit.outcomes import count_reasons
from pipeline.audit.texts import (
    LARGEST,
    Captions,
    Corpus,
    Reference,
    Vocabulary,
    captions,
    draw_prompts,
    likeness,
    provenance,
    read,
    reference,
    variety,
)
from schemas.prompt import CLIP_CONTEXT, Prompt
from schemas.report import Distribution, PromptSummary


def summarise_prompts(data: AuditData) -> list[PromptSummary]:
    """One summary per step that writes prompts, also where it wrote none.

    Raises:
        RecipeError: `diffusiondb` names no file of prompts.
    """
    steps = [step for step in data.steps if step.table == "prompts"]
    if not steps:
        return []
    against = _against(data)
    sample = data.settings.sample
    return [
        _summary(step.name, [row for row in step.rows if isinstance(row, Prompt)], against, sample)
        for step in steps
    ]


@dataclass(frozen=True)
class _Against:
    """The texts that prompts are held against, all of one vocabulary."""

    captions: Captions
    diffusiondb: Corpus | None
    reference: Reference


def _against(data: AuditData) -> _Against:
    vocabulary = Vocabulary()
    said = captions(data, vocabulary)
    if not data.settings.diffusiondb:
        return _Against(said, None, reference("the captions", said.frames, said.music))
    drawn = draw_prompts(data.settings.diffusiondb, 2 * LARGEST)
    others = read(((text, text) for text in drawn), vocabulary)
    return _Against(said, others, reference("DiffusionDB", others))


def _summary(name: str, prompts: list[Prompt], against: _Against, sample: int) -> PromptSummary:
    tokens = [row.clip_tokens for row in prompts if row.clip_tokens is not None]
    truncated = sum(count > CLIP_CONTEXT for count in tokens)
    rules = [rule for row in prompts for rule in sorted(set(row.violations))]
    vocabulary = against.captions.frames.vocabulary
    texts = read(((row.clip_id, row.text) for row in prompts), vocabulary)
    return PromptSummary(
        step=name,
        prompts=len(prompts),
        words=_lengths([row.words for row in prompts]),
        clip_tokens=_lengths(tokens),
        truncated=truncated,
        truncated_share=truncated / len(tokens) if tokens else None,
        asked_again=sum(row.attempts > 1 for row in prompts),
        violating=sum(bool(row.violations) for row in prompts),
        violations=count_reasons(rules),
        variety=variety(texts, against.reference, sample),
        provenance=provenance(texts, against.captions),
        likeness=likeness(texts, against.diffusiondb) if against.diffusiondb else None,
    )


def _lengths(lengths: list[int]) -> Distribution | None:
    return distribution(lengths, bin_edges(lengths)) if lengths else None
