"""Stage `vlm`: what a vision-language model behind a server answers about each frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Sample
from pipeline.stages.asking import ask_about_media
from pipeline.stages.served import ENDPOINT_NOTE, Served, check_sampling
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from schemas.clip import Clip
from schemas.manifest import ModelRecord

if TYPE_CHECKING:
    from pipeline.models.language.chat import Media


def frame_questions() -> dict[str, str]:
    """The method's three questions, as one asks a chat model: it needs no "Question: ... Answer:",
    and is told to be brief."""
    return {
        "description": "Describe the image in one or two sentences.",
        "style": "Does the image have a particular style? Answer in one sentence.",
        "prompt": (
            "What is a short prompt for Stable Diffusion to generate the image? "
            "Answer with the prompt alone."
        ),
    }


@dataclass(frozen=True)
class Vlm(Served):
    """Ask any vision-language model behind an OpenAI-compatible server each question about each
    frame. The server gets the shard's JPEG file as it is, before the question."""

    name = "vlm"
    version = 1
    reads = (CLIPS,)
    writes = FRAME_CAPTIONS

    model: str = "Qwen/Qwen3-VL-8B-Instruct"
    """The name that the server knows."""
    questions: dict[str, str] = field(default_factory=frame_questions)
    """Short name to text. Each is a request of its own."""
    temperature: float = 0.0
    """0 takes the likeliest token each time."""
    top_p: float = 1.0
    """Share of the likeliest tokens that is drawn from; 1 for all."""
    max_tokens: int = 200
    """Of an answer."""
    seed: int = 0
    """Decides what is sampled, where the temperature is above 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sampling(self.temperature, self.top_p, self.max_tokens)
        if not self.questions or not all(text.strip() for text in self.questions.values()):
            raise RecipeError("`questions` needs at least one, and a text for each.")

    def models(self) -> dict[str, ModelRecord]:
        return {"model": ModelRecord(model=self.model, revision="endpoint")}

    def run(self, inputs: Inputs) -> Iterator[FrameCaption | Failure]:
        from pipeline.models.language.chat import Sampling

        inputs.note(ENDPOINT_NOTE)
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        endpoint = self.endpoint(self.model, sampling)
        for outcome in ask_about_media(inputs, endpoint, self.questions, self.seed, _picture):
            if isinstance(outcome, Failure):
                yield outcome
                continue
            clip_id, answers = outcome
            for question, answer in answers.items():
                yield FrameCaption(
                    clip_id=clip_id,
                    question=question,
                    prompt=self.questions[question],
                    answer=answer,
                    model=self.model,
                    revision="endpoint",
                )


def _picture(clip: Clip, sample: Sample) -> "Media":
    from pipeline.media.decode import decode_frame
    from pipeline.models.language.chat import Media

    decode_frame(sample.frame)  # a damaged file is the clip's failure, not the server's
    return Media("jpeg", sample.frame)
