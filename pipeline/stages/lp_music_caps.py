"""Stage `lp_music_caps`: what LP-MusicCaps says about each clip's music."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Stage, runtime
from pipeline.stages.ahead import ahead
from pipeline.stages.decoding import decoded_audio
from schemas import CLIPS, MUSIC_CAPTIONS
from schemas.captions import MusicCaption
from schemas.manifest import ModelRecord

if TYPE_CHECKING:
    from pipeline.models.lp_music_caps import Audio


@dataclass(frozen=True)
class LpMusicCaps(Stage):
    """Describe each clip's music in English (Doh et al. 2023, arXiv:2307.16372).

    The licence of the weights is not clear: their hub card says MIT, the authors' repository says
    CC BY-NC 4.0. Settle it before you publish captions made with them.
    """

    name = "lp_music_caps"
    version = 1
    reads = (CLIPS,)
    writes = MUSIC_CAPTIONS

    model: str = "seungheondoh/lp-music-caps"
    """A hub id, a folder with one `.pth` or `.safetensors` file and a `bart/` folder, or a file."""
    revision: str = "main"
    """Of the hub id: a branch, a tag or a commit. A folder has none."""
    checkpoint: Literal["pretrain", "supervised", "transfer"] = "transfer"
    """Which of the hub repository's files: trained on generated captions, on MusicCaps, or on one
    after the other. A folder holds only one."""
    num_beams: int = 5
    """Of the search; 1 takes the likeliest token each time."""
    max_length: int = 128
    """Of a caption, in tokens, start and end included."""
    batch_size: int = runtime(8)
    """Ten-second chunks at a time."""

    def __post_init__(self) -> None:
        for option, least in (("num_beams", 1), ("max_length", 3), ("batch_size", 1)):
            if getattr(self, option) < least:
                raise RecipeError(f"`{option}` must be at least {least}.")

    def models(self) -> dict[str, ModelRecord]:
        from pipeline.models.lp_music_caps_files import records

        return records(self.model, self.revision, self.checkpoint)

    def run(self, inputs: Inputs) -> Iterator[MusicCaption | Failure]:
        from pipeline.models.batches import DoesNotFit, in_batches
        from pipeline.models.lp_music_caps_files import bart_folder, weights_file
        from pipeline.models.lp_music_caps_weights import load

        used = self.models()["model"]
        weights = weights_file(self.model, self.revision, self.checkpoint)
        captioner = load(weights, bart_folder(weights), inputs.device)
        failures: list[Failure] = []
        captions: dict[str, list[str]] = {}
        described = in_batches(
            ahead(_chunks(inputs, failures), 2 * self.batch_size),
            self.batch_size,
            lambda batch: captioner.captions(
                [chunk for _, chunk in batch], self.num_beams, self.max_length
            ),
            inputs.note,
        )
        for (clip_id, _), caption in described:
            if isinstance(caption, DoesNotFit):
                failures.append(Failure(clip_id, "out_of_memory", caption.detail))
            else:
                captions.setdefault(clip_id, []).append(caption.strip())
        failed = {failure.clip_id for failure in failures}
        for clip_id, parts in captions.items():
            text = " ".join(part for part in parts if part)
            if clip_id in failed:
                continue
            if text:
                yield MusicCaption(
                    clip_id=clip_id, text=text, model=used.model, revision=used.revision
                )
            else:
                failures.append(Failure(clip_id, "empty_answer", "the model said nothing"))
        yield from failures


def _chunks(inputs: Inputs, failures: list[Failure]) -> Iterator[tuple[str, "Audio"]]:
    """`(clip_id, ten seconds)` for each clip that can be decoded; `failures` gets the others."""
    from pipeline.models.lp_music_caps import SAMPLE_RATE, chunks

    for clip_id, samples in decoded_audio(inputs, failures, SAMPLE_RATE):
        for chunk in chunks(samples):
            yield clip_id, chunk
