"""The `[audit]` options of a recipe. None of them changes a row."""

from pydantic import Field

from pipeline.settings import Settings


class Auditing(Settings):
    """What the quality report measures, and how much of it."""

    gallery: int = Field(default=120, ge=0)
    """Clips whose sound lies in the report: a quarter each of the worst, borderline, best and
    random ones."""
    thumbnails: bool = True
    """Small frames of all clips, not only of those whose sound lies in the report: about 6 kB
    each."""
    sample: int = Field(default=1000, ge=1)
    """Clips that costly figures (BERTScore, tempo, self-BLEU) are measured on."""
    tempo: bool = False
    """Measure the tempo of the sample's music."""
    bert_score_model: str = ""
    """A checkpoint for BERTScore, such as `FacebookAI/roberta-large`: a hub id or a folder. Without
    one there is no BERTScore."""
    bert_score_revision: str = "main"
    """Of the hub id: a branch, a tag or a commit."""
    bert_score_layer: int = 17
    """The hidden layer that tokens are compared by: 17 is the best of roberta-large (Zhang et al.
    2020, table 8); negative numbers count from the last."""
    diffusiondb: str = ""
    """A Parquet file with a column `prompt` to hold the prompts against, such as DiffusionDB's
    metadata.parquet; relative to the recipe."""
