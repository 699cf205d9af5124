"""Stage `alm`: what an audio-language model behind a server says about each clip's music."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Sample
from pipeline.stages.asking import ask_about_media
from pipeline.stages.served import ENDPOINT_NOTE, Served, check_sampling
from schemas import CLIPS, MUSIC_CAPTIONS
from schemas.captions import MusicCaption
from schemas.clip import Clip
from schemas.manifest import ModelRecord

if TYPE_CHECKING:
    from pipeline.models.language.chat import Media

_CAPTION = "caption"


@dataclass(frozen=True)
class Alm(Served):
    """Ask any audio-language model behind an OpenAI-compatible server about each clip's music.

    The server gets the clip as 16-bit WAV at the shard's own rate, before the instruction: of the
    API's two formats the one without loss, and servers resample to what their model wants.
    """

    name = "alm"
    version = 1
    reads = (CLIPS,)
    writes = MUSIC_CAPTIONS

    model: str = "Qwen/Qwen2-Audio-7B-Instruct"
    """The name that the server knows."""
    instruction: str = (
        "Describe the music in two or three sentences: genre, instruments, mood, tempo, and the "
        "voice if there is one."
    )
    """What is asked about each clip."""
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
        if not self.instruction.strip():
            raise RecipeError("`instruction` is empty. Leave it out for ours.")

    def models(self) -> dict[str, ModelRecord]:
        return {"model": ModelRecord(model=self.model, revision="endpoint")}

    def run(self, inputs: Inputs) -> Iterator[MusicCaption | Failure]:
        from pipeline.models.language.chat import Sampling

        inputs.note(ENDPOINT_NOTE)
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        endpoint = self.endpoint(self.model, sampling)
        questions = {_CAPTION: self.instruction}
        for outcome in ask_about_media(inputs, endpoint, questions, self.seed, _sound):
            if isinstance(outcome, Failure):
                yield outcome
            else:
                clip_id, answers = outcome
                yield MusicCaption(
                    clip_id=clip_id,
                    text=answers[_CAPTION],
                    model=self.model,
                    revision="endpoint",
                )


def _sound(clip: Clip, sample: Sample) -> "Media":
    from pipeline.media.decode import decode_audio
    from pipeline.media.encode import encode_audio
    from pipeline.models.language.chat import Media

    audio = decode_audio(sample.audio, clip.sample_rate)
    if sample.audio_format == "wav":
        return Media("wav", sample.audio)
    return Media("wav", encode_audio(audio, clip.sample_rate, "wav"))
