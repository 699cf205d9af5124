"""The report's folder: complete, repeatable, and careful with what is in its place."""

import resource
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.audit import write
from pipeline.audit.data import AuditData
from pipeline.audit.page import METRICS
from pipeline.audit.write import write_report
from pipeline.errors import DatasetError, DiskFull
from schemas.report import Report
from tests.pipeline.audit.audit_data import clip, dataset, empty, score, small, step, video


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_report_is_a_page_its_figures_and_its_media(tmp_path: Path) -> None:
    report = write_report(small(), tmp_path / "report")
    files = contents(tmp_path / "report")

    named = {file for each in report.gallery.clips for file in (each.frame, each.audio)}
    kept = {f"media/{shard}/frames.json" for shard in ("train-000000", "eval-000000")}
    data = {"data/index.js", "data/clips-0000.js"}
    assert files.keys() == {"index.html", "report.json"} | data | named | kept
    assert Report.model_validate_json(files["report.json"]) == report


def test_equal_data_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "now", lambda: "2026-01-02T03:04:05+00:00")
    write_report(small(), tmp_path / "one")
    write_report(small(), tmp_path / "two")

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_progress_is_told_by_shard(tmp_path: Path) -> None:
    told: list[int] = []
    write_report(small(), tmp_path / "report", told.append)

    assert sum(told) == len(small().tars) == 2


def test_a_new_report_replaces_the_old_one_whole(tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    write_report(empty(), tmp_path / "report")

    files = contents(tmp_path / "report")
    assert files.keys() == {"index.html", "report.json", "data/index.js"}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_failure_leaves_the_old_report_as_it_was(tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    before = contents(tmp_path / "report")

    def damaged(shard: str) -> Path:
        raise DatasetError(f"{shard} is damaged")

    with pytest.raises(DatasetError, match="damaged"):
        write_report(replace(small(), tar=damaged, tars={}), tmp_path / "report")

    assert contents(tmp_path / "report") == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_disk_that_refuses_leaves_the_old_report_and_says_so(tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    before = contents(tmp_path / "report")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        with pytest.raises(DiskFull, match="Make room there"):
            write_report(small(), tmp_path / "report")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert contents(tmp_path / "report") == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_media_of_unchanged_shards_are_taken_over(tmp_path: Path) -> None:
    write_report(small(), tmp_path / "report")
    thumbnail = next((tmp_path / "report" / "media").rglob("*.jpg"))
    before = thumbnail.stat().st_ino
    write_report(small(), tmp_path / "report")

    assert thumbnail.stat().st_ino == before


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".partial-report-999999" / "gallery").mkdir(parents=True)
    write_report(empty(), tmp_path / "report")

    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.tex").write_text("years of work")

    with pytest.raises(DatasetError, match="holds something else"):
        write_report(small(), tmp_path / "report")
    assert contents(tmp_path / "report") == {"thesis.tex": b"years of work"}


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (
            empty(),
            [
                "No video is listed",
                "The recipe has no annotation steps",
                "the recipe has no scoring step",
                "The recipe has no step that writes prompts",
                "There are no clips to look at",
            ],
        ),
        (
            dataset([video("local-a")], [], [step("s", "scores", []), step("p", "prompts", [])]),
            ["no scoring step has given rows", "has written no prompts", "Nothing was dropped"],
        ),
        (
            dataset(
                [video("local-a")],
                [clip("local-a", 0.0)],
                [step("p", "prompts", [], {"local-a-00000000": "refused"})],
            ),
            ["failed on every clip", "as no prompt has a score yet", "refused"],
        ),
    ],
)
def test_what_is_missing_is_said_plainly(
    tmp_path: Path, data: AuditData, sentences: list[str]
) -> None:
    write_report(data, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")

    for sentence in sentences:
        assert sentence in page


@pytest.mark.parametrize(
    ("metric", "subject"),
    [
        ("clip_cosine", "prompt"),
        ("siglip_cosine", "answer:style"),
        ("clap_cosine", "music_caption"),
    ],
)
def test_each_metric_is_explained_and_clipscore_is_clips_alone(
    tmp_path: Path, metric: str, subject: str
) -> None:
    one = clip("local-a", 0.0)
    rows = [score(one.clip_id, 0.4, subject, metric=metric)]
    data = dataset([video("local-a")], [one], [step("s", "scores", list(rows))])
    write_report(data, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")

    assert f"<b>{metric.replace('_', ' ')}</b>: The raw cosine between" in page
    assert f"<bdi>{subject.replace(':', ': ').replace('_', ' ')}</bdi></th>" in page
    assert ("CLIPScore" in page) == (metric == "clip_cosine")


def test_the_explained_metrics_are_those_that_stages_write() -> None:
    from pipeline.models.clip import FAMILIES
    from pipeline.stages.clap_score import METRIC

    assert set(METRICS) == {METRIC, *(ours.metric for ours, _, _ in FAMILIES.values())}
