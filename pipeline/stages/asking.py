"""Questions to a server about each clip's media."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.stage import Failure, Inputs, Sample
from pipeline.stages.prompts import draws
from pipeline.stages.prompts.cleaning import visible
from pipeline.stages.samples import expected_samples
from schemas.clip import Clip

if TYPE_CHECKING:
    from pipeline.models.language.chat import ChatRequest, Media
    from pipeline.models.language.endpoint import Endpoint

Answers = dict[str, str]
"""By the question's short name. What the model said, without what could drive a terminal."""


def ask_about_media(
    inputs: Inputs,
    endpoint: "Endpoint",
    questions: Mapping[str, str],
    seed: int,
    media_of: Callable[[Clip, Sample], "Media"],
) -> Iterator[tuple[str, Answers] | Failure]:
    """`(clip_id, answers)` or a failure for each clip.

    Each question is a request of its own, so that an answer depends on no other question; those
    about one clip follow each other. A clip fails as a whole, with the first question that does.

    Args:
        questions: short name to text.
        media_of: what is sent with them. May raise MediaError.

    Raises:
        ServiceError: it is no use to go on.
    """
    from pipeline.models.language.chat import ChatRequest

    failures: list[Failure] = []
    asked: list[tuple[str, str]] = []

    def requests() -> Iterator["ChatRequest"]:
        for clip, sample in expected_samples(inputs, failures):
            try:
                media = media_of(clip, sample)
            except MediaError as error:
                failures.append(Failure(clip.clip_id, error.reason, error.detail))
                continue
            for question, text in questions.items():
                asked.append((clip.clip_id, question))
                number = draws.number(2**31, "answer", seed, clip.clip_id, question)
                yield ChatRequest(clip.clip_id, text, number, media)

    outcomes = endpoint.answer(requests())
    answers: dict[str, Answers] = {clip_id: {} for clip_id, _ in asked}
    failed: dict[str, Failure] = {}
    unfinished = 0
    for (clip_id, question), outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, Failure):
            failed.setdefault(clip_id, outcome)
        else:
            answers[clip_id][question] = visible(outcome.text).strip()
            unfinished += not outcome.finished
    if unfinished:
        inputs.note(f"{unfinished} answer(s) were cut off at `max_tokens`.")
    for clip_id, said in answers.items():
        if clip_id in failed:
            yield failed[clip_id]
        elif any(said.values()):
            yield clip_id, said
        else:
            yield Failure(clip_id, "empty_answer", "the model said nothing")
    yield from failures
