"""The report's summary where Prefect shows it."""

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.figures import figures
from pipeline.audit.gates import measures
from pipeline.lines import clean_line
from schemas.report import Report


def store_summary(report: Report) -> None:
    """Two artifacts of this run: what a person reads first, and every measure that a gate can be
    set on. Call it within a flow or task."""
    lines = [*figures(report), *report.remarks]
    create_markdown_artifact(
        "\n".join(f"- {_plain(line)}" for line in lines),
        key="framesong-report",
        description=f"Dataset {_plain(report.dataset)}, content {report.content_digest[:12]}",
    )
    create_table_artifact(
        [{"measure": _plain(name), "value": value} for name, value in measures(report).items()],
        key="framesong-measures",
        description="What --fail-under and --fail-over know",
    )


def _plain(text: str) -> str:
    """Text from outside as text: names of sources and videos may hold markup."""
    marks = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]()#+!|~"})
    escaped = clean_line(text).translate(marks)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
