"""What is asked of a language model, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.stage import Failure


@dataclass(frozen=True)
class Media:
    """A picture or a sound, as the bytes of its file."""

    format: Literal["jpeg", "wav"]
    data: bytes


@dataclass(frozen=True)
class ChatRequest:
    """One user message about one clip. There is no system message: Mistral's templates up to
    v0.2 know none."""

    clip_id: str
    text: str
    seed: int
    """Decides what is sampled, together with the text; 0 to 2**31 - 1."""
    media: Media | None = None
    """Shown or played before the text. Only an endpoint takes it."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float
    """0 takes the likeliest token each time."""
    top_p: float
    max_tokens: int
    """Upper bound of an answer. Always stated: vLLM's own default is 16."""


@dataclass(frozen=True)
class Answer:
    """What the model said."""

    text: str
    finished: bool
    """False if it was cut off at `max_tokens`."""


class LanguageModel(Protocol):
    """A backend."""

    def answer(self, requests: Sequence[ChatRequest]) -> list[Answer | Failure]:
        """One outcome per request, in order. An answer depends on its own request alone, not on
        what else is asked at the same time.

        Raises:
            ServiceError: no request can succeed, so that going on is of no use.
        """
