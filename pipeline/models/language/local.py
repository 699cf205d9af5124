"""Small instruction-tuned models in this process, through transformers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from pipeline.errors import FramesongError
from pipeline.models.batches import DoesNotFit, in_batches
from pipeline.models.devices import be_reproducible, dtype_for
from pipeline.models.language.chat import Answer, ChatRequest, Sampling
from pipeline.models.language.sampling import SeededSampler
from pipeline.models.pretrained import load_model, load_tokenizer, model_type
from pipeline.stage import Failure


@dataclass(frozen=True)
class LocalModel:
    """A `LanguageModel` in this process."""

    loaded: "Loaded"
    sampling: Sampling
    batch_size: int
    note: Callable[[str], None]

    def answer(self, requests: Sequence[ChatRequest]) -> list[Answer | Failure]:
        """A request that does not fit in memory even alone is a failure."""
        outcomes: list[Answer | Failure] = []
        for request, answer in in_batches(requests, self.batch_size, self._batch, self.note):
            if isinstance(answer, DoesNotFit):
                answer = Failure(request.clip_id, "out_of_memory", answer.detail)
            outcomes.append(answer)
        return outcomes

    def _batch(self, requests: list[ChatRequest]) -> list[Answer | Failure]:
        prompts = [self.loaded.prompt(request.text) for request in requests]
        room = self.loaded.context - self.sampling.max_tokens
        fitting = [n for n, prompt in enumerate(prompts) if len(prompt) <= room]
        answers = iter(
            self.loaded.continuations(
                [prompts[n] for n in fitting], [requests[n].seed for n in fitting], self.sampling
            )
        )
        return [
            next(answers)
            if n in fitting
            else Failure(
                request.clip_id,
                "message_too_long",
                f"{len(prompts[n])} tokens, and the model's context leaves room for {room}",
            )
            for n, request in enumerate(requests)
        ]


@dataclass(frozen=True)
class Loaded:
    """A causal language model with its tokenizer."""

    model: Any
    tokenizer: Any

    @property
    def context(self) -> int:
        """How many tokens message and answer may have together."""
        return int(self.model.config.max_position_embeddings)

    def prompt(self, text: str) -> list[int]:
        """Token ids of one user message in the model's own chat template."""
        ids: list[int] = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
        )
        return ids

    @torch.inference_mode()
    def continuations(
        self, prompts: list[list[int]], seeds: list[int], sampling: Sampling
    ) -> list[Answer]:
        """What the model says after each prompt."""
        if not prompts:
            return []
        width = max(map(len, prompts))
        end = self._end_ids()
        pad = end[0]
        ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        output = self.model.generate(
            input_ids=ids.to(self.model.device),
            attention_mask=mask.to(self.model.device),
            generation_config=GenerationConfig(
                do_sample=False,
                max_new_tokens=sampling.max_tokens,
                eos_token_id=end,
                pad_token_id=pad,
            ),
            logits_processor=[SeededSampler(seeds, sampling.temperature, sampling.top_p)],
        )
        return [self._answer(row, end) for row in output[:, width:].tolist()]

    def _answer(self, ids: list[int], end: list[int]) -> Answer:
        stop = next((n for n, token in enumerate(ids) if token in end), len(ids))
        text = self.tokenizer.decode(ids[:stop], skip_special_tokens=True)
        return Answer(str(text), stop < len(ids))

    def _end_ids(self) -> list[int]:
        end = self.model.generation_config.eos_token_id
        if end is None:
            end = self.tokenizer.eos_token_id
        return list(end) if isinstance(end, list) else [end]


@lru_cache(maxsize=1)
def load(path: Path, device: str) -> Loaded:
    """The model in a folder, in bfloat16 on a GPU and float32 elsewhere. The last one stays
    loaded for the life of the process.

    Raises:
        FramesongError: the folder holds no causal language model, lacks weights, or has no
            tokenizer or chat template.
    """
    be_reproducible()
    try:
        model = load_model(AutoModelForCausalLM, path, dtype_for(device), device)
    except ValueError as error:
        kind = model_type(path)
        raise FramesongError(
            f"The checkpoint in `{path}` is a `{kind}` model, which is no causal language model."
        ) from error
    tokenizer = load_tokenizer(path)
    if tokenizer.chat_template is None:
        raise FramesongError(
            f"The model in `{path}` has no chat template. Choose an instruction-tuned one."
        )
    return Loaded(model, tokenizer)
