"""Counts, drops, steps and remarks, against figures worked out by hand."""

from dataclasses import replace

from pipeline.audit.data import AuditData
from pipeline.audit.outcomes import summarise_drops
from pipeline.audit.summary import summarise
from schemas.manifest import FailureRecord
from schemas.media import Media
from schemas.report import Counts, Gallery, MediaFacts, Report
from tests.pipeline.audit.audit_data import clip, dataset, empty, prompt, small, step, video

WHEN = "2026-01-02T03:04:05+00:00"
NO_GALLERY = Gallery(ranking=None, clips=[])
NO_MEDIA = MediaFacts()


def figures(data: AuditData | None = None) -> Report:
    return summarise(data or small(), WHEN, NO_GALLERY, NO_MEDIA)


def test_counts_of_the_whole_dataset() -> None:
    total = figures().counts.total

    assert total == Counts(
        listed=7,
        fetched=5,
        dropped=3,
        waiting=1,
        with_clips=3,
        songs=2,
        clips=4,
        hours=40 / 3600,
    )


def test_counts_by_split_and_source() -> None:
    counts = figures().counts

    assert {name: part.clips for name, part in counts.by_split.items()} == {"eval": 1, "train": 3}
    assert {name: part.listed for name, part in counts.by_source.items()} == {
        "folder": 5,
        "urls": 2,
    }
    assert counts.by_source["urls"].dropped == 1
    assert counts.by_split["train"].waiting == 1


def test_parts_add_up_to_the_whole() -> None:
    counts = figures().counts

    for parts in (counts.by_split, counts.by_source):
        for field in ("listed", "fetched", "dropped", "waiting", "with_clips", "clips"):
            assert sum(getattr(part, field) for part in parts.values()) == getattr(
                counts.total, field
            )


def test_a_clip_of_a_video_that_is_not_listed_is_counted_apart() -> None:
    counts = figures(dataset([], [clip("local-x", 0.0)], [])).counts

    assert counts.total.clips == 1
    assert counts.by_source["(not listed)"].clips == 1


def test_drops_by_stage_and_reason() -> None:
    drops = [(drop.stage, drop.reason, drop.videos, drop.clips) for drop in figures().drops]

    assert drops == [
        ("fetch", "http_404", 1, 0),
        ("screen", "duplicates", 1, 0),
        ("cut", "silent", 1, 3),
        ("music", "oom", 0, 2),
        ("music", "no_audio", 0, 1),
    ]


def test_each_dropped_video_is_counted_once() -> None:
    report = figures()

    assert sum(drop.videos for drop in report.drops) == report.counts.total.dropped


def test_a_drop_names_examples_with_title_and_detail() -> None:
    drops = {drop.reason: drop for drop in figures().drops}

    assert drops["http_404"].status == "permanent"
    assert drops["http_404"].examples[0].detail == "gone"
    assert drops["oom"].examples[0].title == "Song (Official Video)"
    assert [example.id for example in drops["silent"].examples] == [
        "local-b-00000000",
        "local-f-00000000",
        "local-f-00010000",
    ]


def test_a_video_that_worked_at_the_second_try_is_no_drop() -> None:
    data = small()

    assert not [drop for drop in summarise_drops(data) if drop.reason == "http_503"]


def test_a_video_that_could_not_be_cut_at_all_is_a_drop_without_clips() -> None:
    failure = FailureRecord(clip_id="local-a", reason="truncated", detail="ends early")
    data = replace(dataset([video("local-a")], [], []), cut_failures=[failure])

    (drop,) = summarise_drops(data)
    assert (drop.stage, drop.reason, drop.videos, drop.clips) == ("cut", "truncated", 1, 0)


def test_an_older_failure_gives_way_to_a_later_one() -> None:
    data = replace(
        dataset([video("local-a")], [], []),
        media=[
            Media(video_id="local-a", status="transient", reason="http_503"),
            Media(video_id="local-a", status="permanent", reason="http_410"),
        ],
    )

    assert [drop.reason for drop in summarise_drops(data)] == ["http_410"]


def test_a_steps_clips_are_done_failed_or_waiting() -> None:
    steps = {each.name: each for each in figures().steps}

    assert steps["blip2"].state == "complete"
    assert (steps["music"].done, steps["music"].failed, steps["music"].waiting) == (1, 3, 0)
    assert list(steps["music"].failures.items()) == [("oom", 2), ("no_audio", 1)]
    assert steps["later"].state == "not_run"
    assert steps["later"].waiting == 4
    for each in steps.values():
        assert each.done + each.failed + each.waiting == each.clips


def test_a_step_names_its_checkpoints() -> None:
    (used,) = figures().steps[0].models

    assert (used.option, used.model, used.revision) == ("model", "org/model", "abc")


def test_remarks_say_what_is_missing() -> None:
    remarks = figures().remarks

    assert remarks == [
        "Still to be fetched, screened or cut: 1 of 7 videos. Run the build again to go on.",
        "Step `music` failed on 3 of 4 clips, most often: oom.",
        "Step `later` has not run on any clip.",
        "33.3 % of the prompts of step `summarise` have more than 77 CLIP tokens: CLIP reads no "
        "further.",
    ]


def test_a_dataset_in_good_order_needs_no_remark() -> None:
    clips = [clip("local-a", 0.0)]
    steps = [step("summarise", "prompts", [prompt(clips[0].clip_id)])]

    assert figures(dataset([video("local-a")], clips, steps)).remarks == []


def test_a_step_that_failed_on_every_clip_is_remarked() -> None:
    clips = [clip("local-a", 0.0)]
    steps = [step("summarise", "prompts", [], {clips[0].clip_id: "refused"})]

    report = figures(dataset([video("local-a")], clips, steps))
    assert report.steps[0].state == "failed"
    assert report.remarks == [
        "Step `summarise` failed on every clip that it tried, most often: refused."
    ]


def test_no_videos_is_said_plainly() -> None:
    assert figures(empty()).remarks == [
        "No video is listed: nothing can be said about this dataset yet."
    ]


def test_no_clips_is_said_with_the_commonest_reason() -> None:
    data = replace(
        dataset([video("local-a"), video("local-b")], [], []),
        media=[
            Media(video_id=f"local-{name}", status="permanent", reason="http_404") for name in "ab"
        ],
    )

    assert figures(data).remarks == [
        "There are no clips. Dropped: 2 of 2 listed videos, most often at `fetch`: http_404 (2)."
    ]
