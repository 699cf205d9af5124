"""What a researcher must know first: each remark appears when it should, and only then."""

import pytest

from pipeline.audit.data import AuditData
from pipeline.audit.summary import summarise
from schemas.report import Gallery, MediaFacts
from schemas.table import Row
from tests.pipeline.audit.audit_data import clip, dataset, prompt, score, step, video

VIDEOS = 20
NO_MEDIA = MediaFacts()


def remarks(data: AuditData, media: MediaFacts = NO_MEDIA) -> list[str]:
    gallery = Gallery(ranking=None, clips=[])
    return summarise(data, "2026-01-02T03:04:05+00:00", gallery, media).remarks


def scored(
    own: list[float], shuffled: list[float], failed: int = 0, of_amv: int = VIDEOS
) -> AuditData:
    """A clip per value, each of a video of its own; the first few videos are of source `amv`, the
    others of `yt8m`. The step failed on the first few clips."""
    clips = [clip(f"local-{n:02d}", 0.0) for n in range(len(own))]
    videos = [
        video(each.video_id, source="amv" if n < of_amv else "yt8m") for n, each in enumerate(clips)
    ]
    ids = [each.clip_id for each in clips]
    rows: list[Row] = [
        score(one, value) for one, value in list(zip(ids, own, strict=True))[failed:]
    ]
    rows += [
        score(one, value, "shuffled:prompt") for one, value in zip(ids, shuffled, strict=False)
    ]
    failures = dict.fromkeys(ids[:failed], "out_of_memory")
    return dataset(videos, clips, [step("clip_score", "scores", rows, failures)])


def written(prompts: list[Row]) -> AuditData:
    clips = [clip(f"local-{n:02d}", 0.0) for n in range(len(prompts))]
    videos = [video(each.video_id) for each in clips]
    return dataset(videos, clips, [step("summarise", "prompts", prompts)])


def test_scores_well_above_their_floor_need_no_remark() -> None:
    assert remarks(scored([0.3] * VIDEOS, [0.1] * VIDEOS)) == []


def test_a_floor_as_high_as_the_scores_is_remarked() -> None:
    """Half of the pairs are won, each by as much as the other half is lost."""
    assert remarks(scored([0.1, 0.3] * 10, [0.3, 0.1] * 10)) == [
        "By clip_cosine of step `clip_score`, these fit their own clips hardly better than clips "
        "of other videos: prompt (wins 50.0 % of the pairs, mean gap between -0.0800 and 0.0800)."
    ]


def test_a_gap_that_may_be_none_is_remarked_though_most_pairs_are_won() -> None:
    (remark,) = remarks(scored([0.3] * 14 + [0.1] * 6, [0.29] * 14 + [0.2] * 6))

    assert "wins 70.0 % of the pairs" in remark


def test_a_sure_gap_is_remarked_where_hardly_more_pairs_are_won_than_lost() -> None:
    (remark,) = remarks(scored([0.3] * 11 + [0.1] * 9, [0.1] * 11 + [0.101] * 9))

    assert "wins 55.0 % of the pairs" in remark


def test_a_source_below_all_others_is_remarked() -> None:
    (remark,) = remarks(scored([0.1, 0.12] * 5 + [0.3, 0.32] * 5, [], of_amv=10))

    assert remark == (
        "Prompts of source `amv` fit their frames worse than those of all others that have 10 "
        "videos: their CLIPScore is 0.1100 (0.1040 to 0.1160), the others' intervals begin at "
        "0.3040."
    )


@pytest.mark.parametrize("few", [9, 11])
def test_a_source_of_few_videos_is_neither_remarked_nor_compared_with(few: int) -> None:
    """Of 20 videos, 9 are of the worse source, or of the better one."""
    assert remarks(scored([0.1, 0.12] * 5 + [0.3, 0.32] * 5, [], of_amv=few)) == []


def test_sources_whose_intervals_have_no_width_are_not_compared() -> None:
    assert remarks(scored([0.1] * 10 + [0.3] * 10, [], of_amv=10)) == []


def test_sources_whose_intervals_overlap_need_no_remark() -> None:
    assert remarks(scored([0.1, 0.3] * 5 + [0.15, 0.35] * 5, [], of_amv=10)) == []


def test_clips_without_scores_are_remarked_though_they_are_few() -> None:
    assert remarks(scored([0.3] * VIDEOS, [], failed=2)) == [
        "Without scores of step `clip_score`: 2 of 20 clips, most often: out_of_memory. No figure "
        "of scores tells about them."
    ]


@pytest.mark.parametrize(("cut", "said"), [(1, False), (2, True)])
def test_more_than_a_twentieth_of_cut_off_prompts_is_remarked(cut: int, said: bool) -> None:
    prompts: list[Row] = [
        prompt(f"local-{n:02d}-00000000", tokens=78 if n < cut else 77, text=unlike(n))
        for n in range(20)
    ]
    found = remarks(written(prompts))

    assert bool(found) == said
    if said:
        assert found == [
            "10.0 % of the prompts of step `summarise` have more than 77 CLIP tokens: CLIP reads "
            "no further."
        ]


@pytest.mark.parametrize(("alike", "said"), [(2, False), (3, True)])
def test_more_than_a_tenth_of_near_duplicates_is_remarked(alike: int, said: bool) -> None:
    prompts: list[Row] = [
        prompt(f"local-{n:02d}-00000000", text=unlike(0 if n < alike else n)) for n in range(20)
    ]

    assert remarks(written(prompts)) == (
        ["15.0 % of the prompts of step `summarise` are nearly the same as another one."]
        if said
        else []
    )


def test_media_that_cannot_be_read_are_remarked() -> None:
    found = remarks(written([]), MediaFacts(frames=1, unreadable=2))

    assert "The media of 2 clips cannot be read: `framesong verify` says where." in found


def unlike(number: int) -> str:
    """Ten words that no other number has."""
    return " ".join(f"{letter}{'xyz'[number % 3]}{number}" for letter in "abcdefghij")
