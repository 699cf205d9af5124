"""BLIP-2 (Li et al. 2023) and InstructBLIP (Dai et al. 2023): several questions about each image,
the image seen once.

Their `generate` runs the vision tower again for every question, and it is most of the work of a
short answer. It does not see the question, so its output is computed once here. BLIP-2's Q-Former
does not see it either and runs once as well; InstructBLIP's reads the question and runs for each.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from transformers import (
    Blip2ForConditionalGeneration,
    Blip2Processor,
    InstructBlipForConditionalGeneration,
    InstructBlipProcessor,
    PreTrainedTokenizerFast,
)

from pipeline.errors import FramesongError
from pipeline.models.devices import be_reproducible, dtype_for
from pipeline.models.pretrained import (
    another_kind,
    load_model,
    load_processor,
    load_tokenizer,
    model_type,
)


class Blip2Model:
    """A loaded checkpoint, with OPT or T5 as its language model."""

    form: ClassVar[str] = "Question: {question} Answer:"
    """As in the released examples, and with OPT in Li et al. 2023, section 4.1."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model = model
        self.processor = processor

    def prepare(self, image: Image.Image) -> torch.Tensor:
        """An RGB image of any size as the model sees it, [3, side, side], on the CPU."""
        pixels = self.processor.image_processor(images=[image], return_tensors="pt")
        return torch.as_tensor(pixels["pixel_values"][0])

    @torch.inference_mode()
    def ask(
        self, images: Sequence[torch.Tensor], prompts: Mapping[str, str], **decoding: Any
    ) -> list[dict[str, str]]:
        """Each image's answers by question name: what plain `generate` says to each image and
        prompt alone.

        Args:
            images: from `prepare`.
            prompts: the text for each question, in the model's own `form`.
            decoding: options of `generate`, among them `max_new_tokens`.
        """
        seen = self._see(torch.stack(list(images)).to(self.model.device, self.model.dtype))
        answers = {name: self._answer(seen, prompt, decoding) for name, prompt in prompts.items()}
        return [{name: texts[n] for name, texts in answers.items()} for n in range(len(images))]

    def _see(self, pixels: torch.Tensor) -> torch.Tensor:
        """What is computed once for all questions: here, vision tower and Q-Former."""
        return torch.as_tensor(self.model.get_image_features(pixels).pooler_output)

    def _features(self, seen: torch.Tensor, prompt: str) -> torch.Tensor:
        """What the language model gets of the images: [images, query tokens, its width]."""
        return seen

    def _ends(self) -> dict[str, int]:
        """Options of `generate` that say how an answer ends, where the checkpoint's do not."""
        return {}

    def _answer(self, seen: torch.Tensor, prompt: str, decoding: Mapping[str, Any]) -> list[str]:
        """One answer per image. All rows hold the same prompt, so nothing needs padding, which
        OPT and Llama only bear on the left and T5 only on the right."""
        features = self._features(seen, prompt)
        ids = self._prompt_ids(prompt).expand(len(features), -1)
        language = self.model.language_model
        embeds = self.model.get_input_embeddings()(ids)
        places = (ids == self.model.config.image_token_index).unsqueeze(-1).expand_as(embeds)
        embeds = embeds.masked_scatter(places, features.to(embeds.dtype))
        given = {"inputs_embeds": embeds, "attention_mask": torch.ones_like(ids)}
        if not language.config.is_encoder_decoder:
            given["input_ids"] = ids  # as `generate` does: a repetition penalty sees the prompt
        written = language.generate(**given, **(self._ends() | dict(decoding)))
        if not language.config.is_encoder_decoder:
            written = written[:, ids.shape[1] :]
        texts = self.processor.tokenizer.batch_decode(written, skip_special_tokens=True)
        return [text.strip() for text in texts]

    def _prompt_ids(self, prompt: str) -> torch.Tensor:
        """[1, tokens]: one place per query token, then the prompt, as the processor lays it out."""
        text = self.processor.tokenizer(prompt)["input_ids"]
        image = [self.model.config.image_token_index] * self.model.config.num_query_tokens
        return torch.tensor([image + text], device=self.model.device)


class InstructBlipModel(Blip2Model):
    """A loaded checkpoint, with T5 or Vicuna (Llama) as its language model."""

    form = "{question}"
    """A plain instruction, as in the released examples."""

    def _see(self, pixels: torch.Tensor) -> torch.Tensor:
        """The vision tower: [images, patches and one, its width]."""
        return torch.as_tensor(self.model.vision_model(pixels).last_hidden_state)

    def _features(self, seen: torch.Tensor, prompt: str) -> torch.Tensor:
        """The Q-Former, which reads the prompt with a tokenizer of its own."""
        text = self.processor.qformer_tokenizer(prompt)["input_ids"]
        ids = torch.tensor([text], device=seen.device).expand(len(seen), -1)
        queries = self.model.query_tokens.expand(len(seen), -1, -1)
        read = self.model.qformer(
            input_ids=ids,
            attention_mask=ids.new_ones(len(seen), queries.shape[1] + ids.shape[1]),
            query_embeds=queries,
            encoder_hidden_states=seen,
            encoder_attention_mask=ids.new_ones(seen.shape[:2]),
        ).last_hidden_state
        return torch.as_tensor(self.model.language_projection(read[:, : queries.shape[1]]))

    def _ends(self) -> dict[str, int]:
        # The released Vicuna's own configuration says 1 and -1, a converted LLaMA's; it was
        # trained, and answers, with its tokenizer's.
        tokenizer = self.processor.tokenizer
        return {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}


FAMILIES: dict[str, tuple[type[Blip2Model], Any, Any]] = {
    "blip-2": (Blip2Model, Blip2ForConditionalGeneration, Blip2Processor),
    "instructblip": (
        InstructBlipModel,
        InstructBlipForConditionalGeneration,
        InstructBlipProcessor,
    ),
}
"""By the checkpoint's model type: ours, and transformers' model and processor."""


@lru_cache(maxsize=1)
def load(path: Path, device: str) -> Blip2Model:
    """The checkpoint in a folder, in bfloat16 on a GPU and float32 on a CPU. The last one stays
    loaded for the life of the process.

    Raises:
        FramesongError: the folder holds another kind of model, or one from before 2024, without
            an image token.
    """
    be_reproducible()
    family = FAMILIES.get(model_type(path))
    if family is None:
        raise another_kind(path, *FAMILIES)
    ours, kind, processor_kind = family
    model = load_model(kind, path, dtype_for(device), device)
    if model.config.image_token_index is None:
        raise FramesongError(
            f"The BLIP-2 checkpoint in `{path}` has no image token: use a newer revision of it."
        )
    processor = load_processor(processor_kind, path)
    if model.config.text_config.model_type != "llama" and (path / "tokenizer.json").is_file():
        # As transformers does with Salesforce's OPT and T5 checkpoints, which name a wrong class
        # for it, but only where they are named by their hub id.
        processor.tokenizer = load_tokenizer(path, PreTrainedTokenizerFast)
    return ours(model, processor)
