"""A report in which everything is filled in, made of drawn numbers."""

import random
from collections.abc import Sequence

from pipeline.audit.distributions import bin_edges, distribution
from pipeline.audit.settings import Auditing
from schemas.report import (
    Alike,
    Breakdown,
    ClipScores,
    Counts,
    Distribution,
    Drop,
    Example,
    Floor,
    Gallery,
    Interval,
    Likeness,
    Mean,
    MediaFacts,
    ModelUse,
    Overlap,
    PromptSummary,
    Provenance,
    Report,
    ScoreSummary,
    StepSummary,
    Variety,
    WordUse,
)

QUESTIONS = ("describe", "mood", "setting", "people", "style")
SOURCES = ("amv", "yt8m_mv", "folder")


def spread(mean: float, deviation: float, count: int = 2000, seed: int = 0) -> Distribution:
    """Normally distributed values."""
    draw = random.Random(seed)
    return of([draw.gauss(mean, deviation) for _ in range(count)])


def of(values: Sequence[float]) -> Distribution:
    return distribution(values, bin_edges(values))


def around(value: float, half: float = 0.004) -> Mean:
    return Mean(value=value, interval=Interval(low=value - half, high=value + half))


def counts(listed: int, lost: int, waiting: int, clips: int) -> Counts:
    with_clips = listed - lost - waiting
    return Counts(
        listed=listed,
        fetched=with_clips + lost // 2,
        dropped=lost,
        waiting=waiting,
        with_clips=with_clips,
        songs=with_clips - with_clips // 20,
        clips=clips,
        hours=clips / 360,
    )


def score(
    subject: str, mean: float, metric: str = "clip_cosine", floor: bool = True
) -> ScoreSummary:
    """One whose shuffled pairs score 0.1 less."""
    draw = random.Random(subject + metric)
    own = [draw.gauss(mean, 0.035) for _ in range(3000)]
    other = [draw.gauss(mean - 0.1, 0.03) for _ in range(3000)]
    edges = bin_edges([*own, *other])
    is_clip = metric == "clip_cosine"
    return ScoreSummary(
        step=metric.replace("cosine", "score"),
        metric=metric,
        subject=subject,
        values=distribution(own, edges),
        interval=around(mean).interval,
        by_split={
            "eval": distribution(own[:300], edges),
            "train": distribution(own[300:], edges),
        },
        by_source={
            name: distribution([value - 0.01 * place for value in own[place::3]], edges)
            for place, name in enumerate(SOURCES)
        },
        not_finite=0,
        truncated=61,
        clipscore=mean if is_clip else None,
        clipscore_hessel=2.5 * mean if is_clip else None,
        floor=Floor(
            values=distribution(other, edges),
            clipscore=mean - 0.1 if is_clip else None,
            gap=0.1,
            gap_interval=around(0.1).interval,
            won=0.957,
        )
        if floor
        else None,
    )


def overlap(a: str, b: str, shared: float) -> Overlap:
    return Overlap(
        a=a,
        b=b,
        clips=12_000,
        rouge_1=shared * 1.2,
        rouge_l=shared,
        bert_score=0.8 + shared / 4,
        bert_score_interval=around(0.8 + shared / 4).interval,
        bert_score_clips=1000,
    )


def overlaps() -> list[Overlap]:
    kinds = ["prompt", *(f"answer:{question}" for question in QUESTIONS), "music_caption"]
    draw = random.Random(4)
    return [
        overlap(a, b, 0.07 if b == "music_caption" and a != "prompt" else draw.uniform(0.1, 0.5))
        for place, a in enumerate(kinds)
        for b in kinds[place + 1 :]
    ]


def variety() -> Variety:
    words = ("whimsical", "vibrant", "ethereal", "dreamlike", "melancholic", "digital", "painting")
    return Variety(
        vocabulary=8_412,
        repeated=131,
        near=422,
        groups=[
            Alike(
                prompts=17 - place,
                text="a man playing a guitar on a stage, dramatic lighting, highly detailed",
                clip_ids=["youtube-abcdefghijk-00010000", "youtube-abcdefghijk-00020000"],
            )
            for place in range(3)
        ],
        sample=1000,
        distinct_1=0.083,
        distinct_2=0.41,
        self_bleu=0.347,
        overused=[
            WordUse(
                word=word,
                prompts=4000 - 500 * place,
                share=0.33 - 0.04 * place,
                reference_share=0.03 / (place + 1),
                z=31.2 - 3 * place,
            )
            for place, word in enumerate(words)
        ],
        reference="DiffusionDB",
    )


def prompts() -> PromptSummary:
    draw = random.Random(3)
    words = [max(3, int(draw.gauss(38, 11))) for _ in range(12_000)]
    return PromptSummary(
        step="summarise",
        prompts=12_000,
        words=of(words),
        clip_tokens=of([int(count * 1.4) + 2 for count in words]),
        truncated=1_043,
        truncated_share=1_043 / 12_000,
        asked_again=870,
        violating=611,
        violations={"too_long": 402, "music_word": 188, "says_image": 55, "not_english": 3},
        variety=variety(),
        provenance=Provenance(
            prompts=11_950, both=0.062, frame_only=0.381, music_only=0.167, neither=0.39
        ),
        likeness=Likeness(prompts=6_000, jaccard=0.184, ceiling=0.462),
    )


def media() -> MediaFacts:
    return MediaFacts(
        loudness_dbfs=spread(-14, 4, seed=1),
        gain_db=spread(3, 2, seed=2),
        brightness=spread(0.4, 0.1, seed=3),
        contrast=spread(0.2, 0.04, seed=4),
        sharpness=of([random.Random(n).expovariate(1 / 400) for n in range(2000)]),
        tempo_bpm=spread(122, 17, seed=6),
        shown={"a person": 0.41, "a screenshot of a video game": 0.03},
        frames=12_000,
        unreadable=2,
    )


def drop(stage: str, reason: str, videos: int, clips: int = 0) -> Drop:
    example = Example(id="youtube-abcdefghijk", title="A title", detail="what was measured")
    return Drop(
        stage=stage,
        reason=reason,
        status="permanent" if stage == "fetch" else None,
        videos=videos,
        clips=clips,
        examples=[example, example],
    )


def step(name: str, table: str, failed: int = 0) -> StepSummary:
    return StepSummary(
        name=name,
        variant=f"{name}-0123456789ab",
        table=table,
        state="complete",
        rows=12_000 - failed,
        clips=12_000,
        done=12_000 - failed,
        failed=failed,
        waiting=0,
        failures={"empty_answer": failed} if failed else {},
        models=[ModelUse(option="model", model="org/model", revision="abc", digest="0" * 64)],
    )


def full() -> Report:
    """Three sources, 12,000 clips, and something of everything."""
    return Report(
        dataset="amv-and-friends",
        created_at="2026-11-21T12:00:00+00:00",
        content_digest="0123456789ab" + "0" * 52,
        settings=Auditing().model_dump(),
        remarks=["1 of 8 prompts is cut off: ask for shorter ones."],
        counts=Breakdown(
            total=counts(2_000, 480, 20, 12_000),
            by_split={"eval": counts(200, 50, 0, 1_200), "train": counts(1_800, 430, 20, 10_800)},
            by_source={
                name: counts(700 - 50 * place, 160, 5, 4_000) for place, name in enumerate(SOURCES)
            },
        ),
        drops=[
            drop("fetch", "unavailable", 210),
            drop("fetch", "age_restricted", 70),
            drop("screen", "still", 140),
            drop("screen", "silence", 50),
            drop("cut", "silent", 10, 31),
            drop("summarise", "empty_answer", 0, 12),
        ],
        steps=[
            step("blip2", "frame_captions"),
            step("lp_music_caps", "music_captions"),
            step("summarise", "prompts", 12),
            step("clip_score", "scores", 12),
        ],
        scores=[
            score("prompt", 0.262),
            *(score(f"answer:{question}", 0.24) for question in QUESTIONS),
            score("prompt", 0.31, "clap_cosine"),
            score("music_caption", 0.36, "clap_cosine", floor=False),
        ],
        clipscores=[
            ClipScores(
                name=name,
                clips=12_000 if place == 0 else 4_000,
                clipscore=around(0.262 + 0.006 * place),
                b_clipscore=around(0.245 + 0.004 * place),
                shuffled=around(0.161, 0.002),
            )
            for place, name in enumerate(("amv-and-friends", *SOURCES))
        ],
        prompts=[prompts()],
        overlaps=overlaps(),
        media=media(),
        gallery=Gallery(ranking=None, clips=[]),
    )


def bare() -> Report:
    """One in which nothing was found, measured or run."""
    nothing = counts(0, 0, 0, 0)
    return full().model_copy(
        update={
            "remarks": [],
            "counts": Breakdown(total=nothing, by_split={}, by_source={}),
            "drops": [],
            "steps": [],
            "scores": [],
            "clipscores": [],
            "prompts": [],
            "overlaps": [],
            "media": MediaFacts(),
        }
    )


def measured(values: Sequence[float], source: str = "amv") -> Report:
    """One in which every distribution is of `values`, and every name is that of `source`."""
    spread = of(values)
    amounts = counts(1, 0, 0, len(values))
    one = score("prompt", 0.2).model_copy(
        update={
            "subject": f"answer:{source}",
            "step": source,
            "values": spread,
            "by_split": {"train": spread, "eval": spread},
            "by_source": {source: spread, f"{source} too": spread},
            "floor": Floor(
                values=spread,
                clipscore=None,
                gap=0.0,
                gap_interval=around(0.0).interval,
                won=0.5,
            ),
        }
    )
    written = prompts()
    assert written.variety
    word = written.variety.overused[0].model_copy(update={"word": source})
    alike = written.variety.groups[0].model_copy(update={"text": source, "clip_ids": [source]})
    variety = written.variety.model_copy(
        update={"overused": [word], "groups": [alike], "reference": source}
    )
    texts = written.model_copy(
        update={
            "step": source,
            "words": spread,
            "clip_tokens": spread,
            "violations": {source: 1},
            "variety": variety,
        }
    )
    return full().model_copy(
        update={
            "dataset": source,
            "remarks": [source],
            "counts": Breakdown(
                total=amounts, by_split={"train": amounts}, by_source={source: amounts}
            ),
            "drops": [drop(source, source, 1)],
            "scores": [one, one.model_copy(update={"subject": "prompt"})],
            "clipscores": [
                ClipScores(
                    name=source,
                    clips=1,
                    clipscore=around(values[0], 0.0),
                    b_clipscore=None,
                    shuffled=None,
                )
            ],
            "prompts": [texts],
            "overlaps": [overlap(f"answer:{source}", "music_caption", 0.0)],
            "media": MediaFacts(
                loudness_dbfs=spread,
                gain_db=spread,
                brightness=spread,
                contrast=spread,
                sharpness=spread,
                tempo_bpm=spread,
                shown={source: 0.0},
                frames=1,
                unreadable=0,
            ),
        }
    )
