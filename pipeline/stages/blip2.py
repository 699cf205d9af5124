"""Stage `blip2`: what BLIP-2 or InstructBLIP answers to each question about each frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Stage, runtime
from pipeline.stages.ahead import ahead
from pipeline.stages.decoding import decoded_frames
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from schemas.manifest import ModelRecord


def thesis_questions() -> dict[str, str]:
    """The three questions that the method asks of each frame."""
    return {
        "description": "Describe the image.",
        "style": "Does the image have a particular style?",
        "prompt": "What is a short prompt for Stable Diffusion to generate the image?",
    }


@dataclass(frozen=True)
class Blip2(Stage):
    """Ask BLIP-2 or InstructBLIP each question about each frame. The vision tower runs once per
    frame.

    `Salesforce/blip2-opt-2.7b`, `-opt-6.7b`, `-flan-t5-xl`, `-flan-t5-xxl`;
    `Salesforce/instructblip-flan-t5-xl`, `-flan-t5-xxl`, `-vicuna-7b`, `-vicuna-13b`. The
    Vicuna ones may not be used commercially.
    """

    name = "blip2"
    version = 1
    reads = (CLIPS,)
    writes = FRAME_CAPTIONS

    model: str = "Salesforce/blip2-flan-t5-xl"
    """A hub id or a folder. Its configuration says which family it is of."""
    revision: str = "main"
    """Of the hub id: a branch, a tag or a commit. A folder has none."""
    questions: dict[str, str] = field(default_factory=thesis_questions)
    """Short name to plain question."""
    form: str = ""
    """What the model is given, with `{question}` in it; "" for the form of its family: "Question:
    {question} Answer:" for BLIP-2, the question alone for InstructBLIP."""
    max_new_tokens: int = 60
    """Of an answer."""
    num_beams: int = 1
    """Of the search; 1 takes the likeliest token each time."""
    batch_size: int = runtime(16)
    """Frames at a time."""

    def __post_init__(self) -> None:
        if not self.questions:
            raise RecipeError("it has no `questions`: give at least one, or leave it out.")
        if self.form and "{question}" not in self.form:
            raise RecipeError("`form` needs `{question}` in it, where the question goes.")
        for option in ("max_new_tokens", "num_beams", "batch_size"):
            if getattr(self, option) < 1:
                raise RecipeError(f"`{option}` must be at least 1.")

    def models(self) -> dict[str, ModelRecord]:
        from pipeline.models.checkpoint import resolve

        return {"model": resolve(self.model, self.revision)}

    def run(self, inputs: Inputs) -> Iterator[FrameCaption | Failure]:
        from pipeline.models.batches import DoesNotFit, in_batches
        from pipeline.models.blip2 import load
        from pipeline.models.checkpoint import folder

        used = self.models()["model"]
        blip2 = load(folder(self.model, self.revision), inputs.device)
        form = self.form or blip2.form
        prompts = {name: form.replace("{question}", q) for name, q in self.questions.items()}
        failures: list[Failure] = []
        prepared = (
            (clip_id, blip2.prepare(image)) for clip_id, image in decoded_frames(inputs, failures)
        )
        answered = in_batches(
            ahead(prepared, 2 * self.batch_size),
            self.batch_size,
            lambda batch: blip2.ask(
                [image for _, image in batch],
                prompts,
                max_new_tokens=self.max_new_tokens,
                num_beams=self.num_beams,
                do_sample=False,
            ),
            inputs.note,
        )
        for (clip_id, _), answers in answered:
            if isinstance(answers, DoesNotFit):
                yield Failure(clip_id, "out_of_memory", answers.detail)
                continue
            for question, answer in answers.items():
                yield FrameCaption(
                    clip_id=clip_id,
                    question=question,
                    prompt=prompts[question],
                    answer=answer,
                    model=used.model,
                    revision=used.revision,
                )
        yield from failures
