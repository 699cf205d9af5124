"""Stage `summarise`: a language model turns each clip's captions into one prompt."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, runtime
from pipeline.stages.prompts import draws
from pipeline.stages.prompts.drafts import Draft, drafts
from pipeline.stages.prompts.examples import BUILTIN, DIFFUSIONDB, Choice, record
from pipeline.stages.prompts.message import builtin_instruction
from pipeline.stages.served import ENDPOINT_NOTE, Served, check_sampling
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, VIDEOS
from schemas.manifest import ModelRecord
from schemas.prompt import Prompt

if TYPE_CHECKING:
    from pipeline.models.language.chat import Answer, LanguageModel


@dataclass(frozen=True)
class Summarise(Served):
    """Ask a language model for a text-to-image prompt, check it, and ask again if it breaks a
    rule. The best answer is kept, with the rules that it still breaks."""

    name = "summarise"
    version = 1
    reads = (CLIPS, FRAME_CAPTIONS)
    may_read = (MUSIC_CAPTIONS, VIDEOS)
    writes = PROMPTS

    model: str = "mistralai/Mistral-7B-Instruct-v0.2"
    """A hub id or a folder; for an endpoint, the name that the server knows."""
    revision: str = "main"
    """Of the hub id. A server loads what it was told to: rows from one say `endpoint`."""
    backend: Literal["endpoint", "transformers"] = "endpoint"
    """A server with OpenAI's chat API (vLLM, llama.cpp, …), or this process."""
    instruction: str = field(default_factory=builtin_instruction)
    """`{max_words}` in it stands for the option."""
    examples: str = BUILTIN
    """Where example prompts come from: `builtin`; `diffusiondb` (CC0), without unsafe ones, once
    `hf download poloclub/diffusiondb metadata.parquet --repo-type dataset` has got its 195 MB; a
    text file with one per line; or a Parquet file with a column `prompt`."""
    examples_count: int = 5
    """How many example prompts a message shows."""
    examples_per: Literal["clip", "shard"] = "clip"
    """`shard`: the same examples for a whole shard, which a server's prefix cache likes."""
    needs_music: bool = False
    """Fail a clip that has no music caption, instead of writing from its frame alone."""
    seed: int = 0
    """Decides which examples are shown and what is sampled."""
    temperature: float = 0.7
    """0 takes the likeliest token each time; then nothing is asked twice."""
    top_p: float = 0.95
    """Only the likeliest tokens are drawn from that have this probability together."""
    max_tokens: int = 160
    """Of an answer: 70 words are about 100 tokens, and an introduction is cleaned away."""
    max_attempts: int = 3
    """How often a clip's prompt is asked for, as long as it breaks a rule."""
    max_words: int = 70
    """A prompt has fewer words than this."""
    clip_tokenizer: str = ""
    """A folder or hub id of a CLIP model, whose tokens are counted (it reads 77); "" for none."""
    batch_size: int = runtime(8)
    """Messages at a time in this process."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sampling(self.temperature, self.top_p, self.max_tokens)
        for option in ("max_attempts", "batch_size"):
            if getattr(self, option) < 1:
                raise RecipeError(f"`{option}` must be at least 1.")
        if self.examples_count < 0:
            raise RecipeError("`examples_count` must not be below 0.")
        if self.max_words < 2:
            raise RecipeError("`max_words` must be at least 2.")
        if not self.instruction.strip():
            raise RecipeError("`instruction` is empty. Leave it out for ours.")

    @property
    def paths(self) -> tuple[str, ...]:
        model = () if self.backend == "endpoint" else ("model",)
        examples = () if self.examples in (BUILTIN, DIFFUSIONDB) else ("examples",)
        return (*model, *examples, "clip_tokenizer")

    def models(self) -> dict[str, ModelRecord]:
        from pipeline.models.checkpoint import resolve

        if self.backend == "endpoint":
            found = {"model": ModelRecord(model=self.model, revision="endpoint")}
        else:
            found = {"model": resolve(self.model, self.revision)}
        if self.clip_tokenizer:
            found["clip_tokenizer"] = resolve(self.clip_tokenizer, "main")
        if examples := record(self.examples):
            found["examples"] = examples
        return found

    def run(self, inputs: Inputs) -> Iterator[Prompt | Failure]:
        used = self.models()["model"]
        waiting: list[Draft] = []
        for draft in drafts(inputs, self._examples(inputs.shard), self.needs_music):
            if isinstance(draft, Failure):
                yield draft
            else:
                waiting.append(draft)
        if not waiting:
            return
        without_music = sum(draft.music is None for draft in waiting)
        if 0 < without_music < len(waiting):
            inputs.note(f"{without_music} clip(s) without music caption: prompts from the frame.")
        language_model = self._language_model(inputs)
        # Without sampling, another seed gives the same answer.
        attempts = self.max_attempts if self.temperature > 0 else 1
        for attempt in range(1, attempts + 1):
            again: list[Draft] = []
            for draft, answer in self._ask(language_model, waiting, attempt):
                if isinstance(answer, Failure):
                    yield answer
                    continue
                draft.consider(answer, self.max_words, self._count_tokens)
                if draft.violations and attempt < attempts:
                    again.append(draft)
                else:
                    yield draft.outcome(used)
            waiting = again

    def _ask(
        self, language_model: "LanguageModel", waiting: list[Draft], attempt: int
    ) -> Iterator[tuple[Draft, "Answer | Failure"]]:
        from pipeline.models.language.chat import ChatRequest

        instruction = self.instruction.replace("{max_words}", str(self.max_words))
        requests = [
            ChatRequest(
                draft.clip_id,
                draft.message(instruction),
                draws.number(2**31, "answer", self.seed, draft.clip_id, attempt),
            )
            for draft in waiting
        ]
        return zip(waiting, language_model.answer(requests), strict=True)

    def _language_model(self, inputs: Inputs) -> "LanguageModel":
        from pipeline.models.language.chat import Sampling

        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        if self.backend == "endpoint":
            inputs.note(ENDPOINT_NOTE)
            return self.endpoint(self.model, sampling)
        from pipeline.models.checkpoint import folder
        from pipeline.models.language.local import LocalModel, load

        loaded = load(folder(self.model, self.revision), inputs.device)
        return LocalModel(loaded, sampling, self.batch_size, inputs.note)

    def _examples(self, shard: str) -> Choice:
        shared = shard if self.examples_per == "shard" else None
        return Choice(self.examples, self.examples_count, self.seed, shared)

    def _count_tokens(self, text: str) -> int | None:
        if not self.clip_tokenizer:
            return None
        from pipeline.models.checkpoint import folder
        from pipeline.models.language.tokens import clip_tokens

        return clip_tokens(folder(self.clip_tokenizer, "main"), text)
