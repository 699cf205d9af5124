"""What the text figures need from this machine."""

from pipeline.audit.settings import Auditing
from pipeline.audit.texts.diffusiondb import check_file


def check_needs(settings: Auditing) -> None:
    """Look whether what `[audit]` names is there: an audit of hours must not end for a misspelt
    name. Loads no model.

    Raises:
        MissingCheckpoint: the model of BERTScore is not on this machine.
        RecipeError: `diffusiondb` names no file of prompts.
    """
    if settings.diffusiondb:
        check_file(settings.diffusiondb)
    if settings.bert_score_model:
        from pipeline.models.checkpoint import folder

        folder(settings.bert_score_model, settings.bert_score_revision)
