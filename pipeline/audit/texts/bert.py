"""BERTScore between texts of a sample of clips."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.audit.settings import Auditing
from pipeline.audit.texts.kinds import Kinds, Pair

if TYPE_CHECKING:
    from pipeline.models.bert_score import BertScore, Embedded

Values = dict[str, float]
"""By clip."""

_CLIPS = 16
"""Whose texts are held as vectors at a time: a text of roberta-large takes about 150 kB."""
_TEXTS = 32
"""That the model reads at a time."""


def bert_scores(
    texts: Kinds, pairs: Sequence[Pair], clips: Sequence[str], settings: Auditing
) -> dict[Pair, Values]:
    """F1 of each pair for each clip that has both; nothing where no model is configured. A text
    that does not fit into memory even alone is left out.

    Raises:
        MissingCheckpoint: the model is not on this machine.
        FramesongError: it is no language encoder, or has no such layer.
    """
    if not settings.bert_score_model:
        return {}
    import torch

    from pipeline.models.bert_score import f1, load
    from pipeline.models.checkpoint import folder

    path = folder(settings.bert_score_model, settings.bert_score_revision)
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    model = load(path, settings.bert_score_layer, device)
    found: dict[Pair, Values] = defaultdict(dict)
    for start in range(0, len(clips), _CLIPS):
        some = clips[start : start + _CLIPS]
        embedded = _embedded(model, texts, some)
        for pair in pairs:
            for clip_id in some:
                one, two = (embedded.get(texts[kind].get(clip_id)) for kind in pair)
                if one is not None and two is not None:
                    found[pair][clip_id] = f1(one, two)
    return found


def _embedded(
    model: "BertScore", texts: Kinds, clips: Sequence[str]
) -> "dict[str | None, Embedded]":
    """Each different text of some clips, those of one length together."""
    from pipeline.models.batches import DoesNotFit, in_batches

    wanted = {by_clip[clip_id] for by_clip in texts.values() for clip_id in by_clip.keys() & clips}
    ordered = sorted(wanted, key=lambda text: (len(text), text))
    done = in_batches(ordered, _TEXTS, model.embed, lambda line: None)
    return {text: tokens for text, tokens in done if not isinstance(tokens, DoesNotFit)}
