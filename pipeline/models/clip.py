"""CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023) and SigLIP 2 (Tschannen et al. 2025): how
well a text fits an image, as a raw cosine. CLIP's and SigLIP's have different scales."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from transformers import (
    CLIPModel,
    CLIPProcessor,
    Siglip2Model,
    Siglip2Processor,
    SiglipProcessor,
)
from transformers import SiglipModel as TransformersSiglipModel

from pipeline.models.devices import be_reproducible
from pipeline.models.embeddings import tokenised, unit
from pipeline.models.pretrained import another_kind, load_model, load_processor, model_type

Prepared = dict[str, torch.Tensor]
"""One image as the model sees it."""


class ClipModel:
    """A loaded CLIP."""

    metric: ClassVar[str] = "clip_cosine"

    def __init__(self, model: Any, processor: Any) -> None:
        self.model = model
        self.processor = processor

    @property
    def context(self) -> int:
        """How many tokens the text tower reads, start and end included: 77 for CLIP as released,
        248 for LongCLIP, 64 for SigLIP."""
        return int(self.model.config.text_config.max_position_embeddings)

    def prepare(self, image: Image.Image) -> Prepared:
        """An RGB image of any size, on the CPU."""
        pixels = self.processor.image_processor(images=[image], return_tensors="pt")
        return {name: values[0] for name, values in pixels.items()}

    @torch.inference_mode()
    def embed_images(self, images: Sequence[Prepared]) -> torch.Tensor:
        """Unit vectors, [images, width]."""
        batch = {name: torch.stack([image[name] for image in images]) for name in images[0]}
        batch = {name: values.to(self.model.device) for name, values in batch.items()}
        return unit(self.model.get_image_features(**batch).pooler_output)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> tuple[torch.Tensor, list[bool]]:
        """Unit vectors, [texts, width], and which texts were cut to the context. A cut text keeps
        its end token, where CLIP reads the sentence."""
        tokens, cut = self._tokens(texts)
        return unit(self.model.get_text_features(**tokens).pooler_output), cut

    def _tokens(self, texts: Sequence[str]) -> tuple[dict[str, torch.Tensor], list[bool]]:
        tokens, cut = tokenised(self.processor.tokenizer, texts, self.context, "longest")
        return dict(tokens.to(self.model.device)), cut


class SiglipModel(ClipModel):
    """A loaded SigLIP or SigLIP 2."""

    metric = "siglip_cosine"

    def _tokens(self, texts: Sequence[str]) -> tuple[dict[str, torch.Tensor], list[bool]]:
        """As in training: lower case, padded to the context, and the padding read like the rest:
        the sentence is read at the last place. Not all released tokenizers do all of it."""
        lower = [text.lower() for text in texts]
        tokens, cut = tokenised(self.processor.tokenizer, lower, self.context, "max_length")
        return {"input_ids": tokens["input_ids"].to(self.model.device)}, cut


FAMILIES: dict[str, tuple[type[ClipModel], Any, Any]] = {
    "clip": (ClipModel, CLIPModel, CLIPProcessor),
    "siglip": (SiglipModel, TransformersSiglipModel, SiglipProcessor),
    "siglip2": (SiglipModel, Siglip2Model, Siglip2Processor),
}
"""By the checkpoint's model type: ours, and transformers' model and processor. SigLIP 2 of one
fixed resolution is of type `siglip`; `siglip2` keeps an image's proportions ("naflex")."""


@lru_cache(maxsize=1)
def load(path: Path, device: str) -> ClipModel:
    """The checkpoint in a folder, in float32 everywhere: bfloat16 keeps 3 digits, and the cosines
    of interest differ in the third. The last one stays loaded for the life of the process.

    Raises:
        FramesongError: the folder holds another kind of model.
    """
    be_reproducible()
    family = FAMILIES.get(model_type(path))
    if family is None:
        raise another_kind(path, *FAMILIES)
    ours, kind, processor_kind = family
    model = load_model(kind, path, torch.float32, device)
    return ours(model, load_processor(processor_kind, path))
