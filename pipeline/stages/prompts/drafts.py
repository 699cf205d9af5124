"""One clip's way from captions to a prompt."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.stage import Failure, Inputs
from pipeline.stages.prompts.cleaning import LONGEST_ANSWER, clean, one_line, visible
from pipeline.stages.prompts.examples import Choice
from pipeline.stages.prompts.message import message
from pipeline.stages.prompts.names import Name, names_of
from pipeline.stages.prompts.rules import violations, words
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, VIDEOS
from schemas.manifest import ModelRecord
from schemas.prompt import Prompt

if TYPE_CHECKING:
    from pipeline.models.language.chat import Answer


@dataclass
class Draft:
    """What one clip's prompt is made from, and the best answer so far."""

    clip_id: str
    frame_notes: list[str]
    music: str | None
    examples: list[str]
    names: tuple[Name, ...]
    first_answer: str = ""
    text: str = ""
    clip_tokens: int | None = None
    violations: list[str] = field(default_factory=lambda: ["empty"])
    attempts: int = 0

    def message(self, instruction: str) -> str:
        """What the language model is asked."""
        return message(instruction, self.examples, self.frame_notes, self.music)

    def consider(
        self, answer: "Answer", max_words: int, count_tokens: Callable[[str], int | None]
    ) -> None:
        """Keep an answer if it breaks fewer rules than the one that is held; of equals, the
        earlier one."""
        self.attempts += 1
        if self.attempts == 1:
            self.first_answer = visible(answer.text[:LONGEST_ANSWER])
        cleaned = clean(answer.text)
        text = one_line(cleaned)
        tokens = count_tokens(text)
        broken = violations(cleaned, max_words, self.names, tokens)
        if not answer.finished:
            broken.append("cut_off")
        if _badness(broken) < _badness(self.violations):
            self.text, self.clip_tokens, self.violations = text, tokens, broken

    def outcome(self, used: ModelRecord) -> Prompt | Failure:
        """The prompt's row; a failure if every answer was empty."""
        if not self.text:
            return Failure(
                self.clip_id, "empty_answer", f"no text in any of {self.attempts} answers"
            )
        return Prompt(
            clip_id=self.clip_id,
            text=self.text,
            first_answer=self.first_answer,
            words=words(self.text),
            clip_tokens=self.clip_tokens,
            examples=self.examples,
            attempts=self.attempts,
            violations=self.violations,
            model=used.model,
            revision=used.revision,
        )


def _badness(broken: list[str]) -> tuple[bool, int]:
    return "empty" in broken, len(broken)


def drafts(inputs: Inputs, choice: Choice, needs_music: bool) -> Iterator[Draft | Failure]:
    """A draft for each clip that has captions, a failure for each that has none.

    Raises:
        RecipeError: there are not enough example prompts.
    """
    notes: dict[str, list[str]] = defaultdict(list)
    for caption in sorted(inputs.rows(FRAME_CAPTIONS), key=lambda row: row.question):
        if one_line(caption.answer):
            notes[caption.clip_id].append(f"{caption.question}: {caption.answer}")
    music = {row.clip_id: row.text for row in inputs.rows(MUSIC_CAPTIONS) if one_line(row.text)}
    names = {
        video.video_id: names_of(video.artist, video.track, video.title)
        for video in inputs.rows(VIDEOS)
    }
    for clip in inputs.rows(CLIPS):
        if clip.clip_id not in notes:
            yield Failure(clip.clip_id, "no_caption", "nothing is said about the clip's frame")
        elif needs_music and clip.clip_id not in music:
            yield Failure(clip.clip_id, "no_caption", "nothing is said about the clip's music")
        else:
            yield Draft(
                clip.clip_id,
                notes[clip.clip_id],
                music.get(clip.clip_id),
                choice.draw(clip.clip_id),
                names.get(clip.video_id, ()),
            )
