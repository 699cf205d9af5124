"""Overlaps of texts, by hand and against the package rouge-score."""

import random
import statistics
from itertools import combinations
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from rouge_score.rouge_scorer import RougeScorer

from pipeline.audit.data import AuditData
from pipeline.audit.settings import Auditing
from pipeline.audit.texts import check_needs, overlaps
from pipeline.audit.texts.rouge import rouge_1, rouge_l, words_of
from pipeline.audit.texts.words import words
from pipeline.errors import MissingCheckpoint, RecipeError
from pipeline.models.bert_score import f1, load
from schemas.report import Overlap
from tests.bert_checkpoints import make_bert
from tests.pipeline.audit.audit_data import answer, clip, dataset, music, prompt, step, video


class SameWords:
    """Our words, for the package."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


def small(settings: Auditing | None = None, clips_per_video: int = 2) -> AuditData:
    videos = [video(f"v{n}") for n in range(3)]
    clips = [clip(each.video_id, 10.0 * n) for each in videos for n in range(clips_per_video)]
    chance = random.Random(5)
    known = ["a", "red", "bird", "over", "the", "dark", "city", "and", "slow", "piano", "music"]

    def text() -> str:
        return " ".join(chance.choices(known, k=chance.randrange(1, 12)))

    ids = [each.clip_id for each in clips]
    steps = [
        step("blip2", "frame_captions", [answer(each, text()) for each in ids]),
        step("lp", "music_captions", [music(each, text()) for each in ids[:-1]]),
        step("summarise", "prompts", [prompt(each, text=text()) for each in ids]),
    ]
    data = dataset(videos, clips, steps)
    return AuditData(**vars(data) | {"settings": settings or Auditing()})


def test_rouge_by_hand() -> None:
    one, two = words_of(words("the cat sat on the mat")), words_of(words("the mat, the cat!"))

    # Words in common: the, the, cat, mat, of 6 and 4. In order: the, the or the, cat (… the … mat).
    assert rouge_1([one], [two]).tolist() == [2 * 4 / 10]
    assert rouge_l([one], [two]).tolist() == [2 * 2 / 10]


@pytest.mark.parametrize("seed", range(20))
def test_rouge_is_that_of_the_package(seed: int) -> None:
    chance = random.Random(seed)
    known = ["cat", "Dog", "don't", "neon-lit", "\u591c", "the", "caf\u00e9", "...", "4k"]
    texts = [" ".join(chance.choices(known, k=chance.randrange(20))) for _ in range(40)]
    package = RougeScorer(["rouge1", "rougeL"], use_stemmer=False, tokenizer=SameWords())
    pairs = list(combinations(texts, 2))
    ones, twos = ([words_of(words(pair[side])) for pair in pairs] for side in (0, 1))
    expected = [package.score(*pair) for pair in pairs]

    assert rouge_1(ones, twos).tolist() == pytest.approx(
        [each["rouge1"].fmeasure for each in expected]
    )
    assert rouge_l(ones, twos).tolist() == pytest.approx(
        [each["rougeL"].fmeasure for each in expected]
    )


def test_overlaps_are_means_over_the_clips_that_have_both() -> None:
    data = small()
    found = overlaps(data)
    texts = {row.clip_id: row.text for row in data.steps[2].rows}
    captions = {row.clip_id: row.text for row in data.steps[1].rows}
    package = RougeScorer(["rouge1", "rougeL"], use_stemmer=False, tokenizer=SameWords())
    expected = [package.score(texts[each], captions[each]) for each in captions]

    assert [(each.a, each.b, each.clips) for each in found] == [
        ("prompt", "answer:describe", 6),
        ("prompt", "music_caption", 5),
        ("answer:describe", "music_caption", 5),
    ]
    mean = statistics.fmean(each["rouge1"].fmeasure for each in expected)
    assert found[1].rouge_1 == pytest.approx(mean)
    assert found[1].rouge_l == pytest.approx(
        statistics.fmean(each["rougeL"].fmeasure for each in expected)
    )
    assert (found[1].bert_score, found[1].bert_score_interval, found[1].bert_score_clips) == (
        None,
        None,
        0,
    )


def test_equal_texts_overlap_wholly_and_empty_ones_not_at_all() -> None:
    clips = [clip("v", 0.0)]
    c = clips[0].clip_id
    steps = [
        step("blip2", "frame_captions", [answer(c, "a cat"), answer(c, "", "colour")]),
        step("summarise", "prompts", [prompt(c, text="A cat.")]),
    ]
    first, second, _ = overlaps(dataset([video("v")], clips, steps))

    assert (first.rouge_1, first.rouge_l) == (1.0, 1.0)
    assert (second.b, second.rouge_1, second.rouge_l) == ("answer:colour", 0.0, 0.0)


def test_kinds_that_no_clip_has_both_of_are_left_out() -> None:
    clips = [clip("v", 0.0), clip("v", 10.0)]
    steps = [
        step("lp", "music_captions", [music(clips[0].clip_id, "a drum")]),
        step("summarise", "prompts", [prompt(clips[1].clip_id)]),
    ]

    assert overlaps(dataset([video("v")], clips, steps)) == []
    assert overlaps(dataset([], [], [])) == []


def test_with_too_many_pairs_a_sample_of_clips_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audit.texts.overlap.COMPARISONS", 12)
    found = overlaps(small(clips_per_video=20))

    assert all(3 <= each.clips <= 4 for each in found)
    assert found == overlaps(small(clips_per_video=20))


def test_clips_beyond_one_batch_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = overlaps(small(clips_per_video=20))
    monkeypatch.setattr("pipeline.audit.texts.overlap._AT_ONCE", 7)

    for one, two in zip(whole, overlaps(small(clips_per_video=20)), strict=True):
        assert one.clips == two.clips
        assert one.rouge_l == pytest.approx(two.rouge_l)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "bert"
    with torch.random.fork_rng():
        torch.manual_seed(2)
        make_bert(path)
    return path


def measured(model: Path, sample: int, clips_per_video: int) -> list[Overlap]:
    settings = Auditing(bert_score_model=str(model), bert_score_layer=3, sample=sample)
    return overlaps(small(settings, clips_per_video))


def test_bert_score_is_the_mean_over_a_sample(bert: Path) -> None:
    data = small()
    model = load(bert, 3, "cpu")
    answers = [model.embed([row.answer])[0] for row in data.steps[0].rows]
    prompts = [model.embed([row.text])[0] for row in data.steps[2].rows]
    expected = [f1(one, two) for one, two in zip(prompts, answers, strict=True)]
    found = measured(bert, 1000, 2)

    assert found[0].bert_score == pytest.approx(statistics.fmean(expected), abs=1e-5)
    assert [each.bert_score_clips for each in found] == [6, 5, 5]
    interval = found[0].bert_score_interval
    assert interval is not None
    assert min(expected) <= interval.low <= found[0].bert_score <= interval.high <= max(expected)


def test_bert_score_takes_no_more_clips_than_asked(bert: Path) -> None:
    found = measured(bert, 7, 20)

    assert [each.clips for each in found] == [60, 59, 59]
    assert all(6 <= each.bert_score_clips <= 7 for each in found)
    assert found == measured(bert, 7, 20)


def test_a_model_that_is_not_here_is_said_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingCheckpoint, match="hf download FacebookAI/roberta-large"):
        overlaps(small(Auditing(bert_score_model="FacebookAI/roberta-large")))


def test_needs_are_checked_before_an_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bert: Path
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    check_needs(Auditing())
    check_needs(Auditing(bert_score_model=str(bert)))
    with pytest.raises(MissingCheckpoint, match="hf download FacebookAI/roberta-large"):
        check_needs(Auditing(bert_score_model="FacebookAI/roberta-large"))
    with pytest.raises(RecipeError, match="`diffusiondb`"):
        check_needs(Auditing(diffusiondb="gone.parquet"))
