"""Stage `clap_score`: how well each text of a clip fits its music, as CLAP hears it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import RecipeError
from pipeline.stage import Failure, Inputs, Stage, runtime
from pipeline.stages.ahead import ahead
from pipeline.stages.decoding import decoded_audio
from pipeline.stages.scoring import Scale, Texts, embedded, score_all, with_text, without_empty
from schemas import CLIPS, MUSIC_CAPTIONS, PROMPTS, SCORES
from schemas.manifest import ModelRecord
from schemas.score import Score

METRIC = "clap_cosine"


@dataclass(frozen=True)
class ClapScore(Stage):
    """Compare the music's caption, and the prompt, with the music (Wu et al. 2023,
    arXiv:2211.06687): raw cosines. Of a clip that is longer than ten seconds, the mean over its
    whole ten seconds is compared."""

    name = "clap_score"
    version = 2
    reads = (CLIPS,)
    may_read = (PROMPTS, MUSIC_CAPTIONS)
    writes = SCORES

    model: str = "laion/larger_clap_music"
    """A hub id or a folder."""
    revision: str = "main"
    """Of the hub id: a branch, a tag or a commit. A folder has none."""
    shuffled: bool = True
    """Score each text also against the music of another video in the shard: a floor to hold the
    scores against. No model runs twice for it. When some clips are run again, so are all of their
    shard, for the pairs may be others."""
    batch_size: int = runtime(16)
    """Clips at a time."""

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
        from pipeline.models.clap import load

        used = self.models()["model"]
        clap = load(folder(self.model, self.revision), inputs.device)
        texts = without_empty(_texts(inputs), inputs)
        failures: list[Failure] = []
        music = decoded_audio(inputs, failures, clap.sample_rate)
        wanted = with_text(music, texts, failures, "the clip has no music caption and no prompt")
        prepared = ((clip_id, clap.prepare(samples)) for clip_id, samples in wanted)
        heard = in_batches(
            ahead(prepared, 2 * self.batch_size),
            self.batch_size,
            lambda batch: embedded(
                clap.embed_audio([clip for _, clip in batch]),
                [texts[clip_id] for clip_id, _ in batch],
                clap.embed_texts,
            ),
            inputs.note,
        )
        clips = ((clip_id, one) for (clip_id, _), one in heard)
        yield from score_all(clips, Scale(METRIC, used), inputs, self.shuffled)
        yield from failures


def _texts(inputs: Inputs) -> Texts:
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for caption in inputs.rows(MUSIC_CAPTIONS):
        texts[caption.clip_id]["music_caption"] = caption.text
    for prompt in inputs.rows(PROMPTS):
        texts[prompt.clip_id]["prompt"] = prompt.text
    return texts
