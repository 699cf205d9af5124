"""Stage `clip_score`: how well each text of a clip fits its frame, as CLIP or SigLIP sees it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Stage, runtime
from pipeline.stages.ahead import ahead
from pipeline.stages.decoding import decoded_frames
from pipeline.stages.scoring import Scale, Texts, embedded, score_all, with_text, without_empty
from schemas import CLIPS, FRAME_CAPTIONS, PROMPTS, SCORES
from schemas.manifest import ModelRecord
from schemas.score import Score


@dataclass(frozen=True)
class ClipScore(Stage):
    """Compare the prompt, and each answer about the frame, with the frame: raw cosines, as metric
    `clip_cosine` with CLIP, of which reports derive CLIPScore, max(cosine, 0) (Hessel et al. 2021,
    there times 2.5), and as `siglip_cosine` with SigLIP or SigLIP 2, on another scale."""

    name = "clip_score"
    version = 2
    reads = (CLIPS,)
    may_read = (PROMPTS, FRAME_CAPTIONS)
    writes = SCORES

    model: str = "openai/clip-vit-base-patch32"
    """A hub id or a folder. Its configuration says which family it is of."""
    revision: str = "main"
    """Of the hub id: a branch, a tag or a commit. A folder has none."""
    text_prefix: str = ""
    """Put before each text; "A photo depicts " for CLIPScore as published."""
    shuffled: bool = True
    """Score each text also against the frame of another video in the shard: a floor to hold the
    scores against. No model runs twice for it. When some clips are run again, so are all of their
    shard, for the pairs may be others."""
    batch_size: int = runtime(32)
    """Frames at a time. Another size moves a cosine by float32's rounding alone, 1e-7 as measured
    with ViT-B/32; the number of threads moves nothing."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise RecipeError("`batch_size` must be at least 1.")

    @property
    def looks_across(self) -> bool:
        return self.shuffled

    def models(self) -> dict[str, ModelRecord]:
        from pipeline.models.checkpoint import resolve

        return {"model": resolve(self.model, self.revision)}

    def run(self, inputs: Inputs) -> Iterator[Score | Failure]:
        from pipeline.models.batches import in_batches
        from pipeline.models.checkpoint import folder
        from pipeline.models.clip import load

        used = self.models()["model"]
        clip = load(folder(self.model, self.revision), inputs.device)
        texts = without_empty(self._texts(inputs), inputs)
        failures: list[Failure] = []
        frames = decoded_frames(inputs, failures)
        wanted = with_text(frames, texts, failures, "the clip has no prompt and no answer")
        prepared = ((clip_id, clip.prepare(image)) for clip_id, image in wanted)
        seen = in_batches(
            ahead(prepared, 2 * self.batch_size),
            self.batch_size,
            lambda batch: embedded(
                clip.embed_images([image for _, image in batch]),
                [self._prefixed(texts[clip_id]) for clip_id, _ in batch],
                clip.embed_texts,
            ),
            inputs.note,
        )
        clips = ((clip_id, one) for (clip_id, _), one in seen)
        yield from score_all(clips, Scale(clip.metric, used), inputs, self.shuffled)
        yield from failures

    def _prefixed(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {subject: self.text_prefix + text for subject, text in texts.items()}

    def _texts(self, inputs: Inputs) -> Texts:
        texts: dict[str, dict[str, str]] = defaultdict(dict)
        for prompt in inputs.rows(PROMPTS):
            texts[prompt.clip_id]["prompt"] = prompt.text
        for caption in inputs.rows(FRAME_CAPTIONS):
            texts[caption.clip_id][f"answer:{caption.question}"] = caption.answer
        return texts
