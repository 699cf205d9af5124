"""What prompts and captions say: how varied, how repetitive, how faithful to one another."""

from pipeline.audit.texts.corpus import Corpus, Vocabulary, read
from pipeline.audit.texts.diffusiondb import draw_prompts
from pipeline.audit.texts.kinds import Captions, captions
from pipeline.audit.texts.likeness import LARGEST, likeness
from pipeline.audit.texts.needs import check_needs
from pipeline.audit.texts.overlap import overlaps
from pipeline.audit.texts.overused import Reference, reference
from pipeline.audit.texts.provenance import provenance
from pipeline.audit.texts.variety import variety

__all__ = [
    "LARGEST",
    "Captions",
    "Corpus",
    "Reference",
    "Vocabulary",
    "captions",
    "check_needs",
    "draw_prompts",
    "likeness",
    "overlaps",
    "provenance",
    "read",
    "reference",
    "variety",
]
