"""Variants side by side on the same clips: `comparison.json`."""

from typing import Any

from schemas.report.part import Interval, Part
from schemas.table import Seconds


class ComparedVariant(Part):
    """One variant of a table."""

    letter: str
    """`A`, `B`, … in the order given."""
    variant: str
    """`<stage>-<fingerprint>`."""
    clips: int
    """That it has rows for."""
    changed: dict[str, Any]
    """The options in which the compared variants differ, as they are here."""


class MeasuredVariant(Part):
    """One measure of one variant, on the clips that all variants have it for."""

    letter: str
    mean: float
    interval: Interval
    difference: float | None
    """To the first variant: mean over clips. None for the first."""
    difference_interval: Interval | None
    won: float | None
    """Share of clips on which this one is better than the first; equal ones count half."""


class Measured(Part):
    """One measure of all variants."""

    measure: str
    """`clip_cosine of prompt`, `words`, `violations`, …"""
    better: str
    """`higher`, `lower` or `neither`."""
    clips: int
    variants: list[MeasuredVariant]


class ComparedText(Part):
    """What one variant says about a clip."""

    letter: str
    texts: dict[str, str]
    """By question for frame captions, else one by the table's name."""
    violations: list[str]
    values: dict[str, float]
    """By measure."""


class ComparedClip(Part):
    """A clip on which variants differ much. Files are relative to the folder."""

    clip_id: str
    title: str | None
    url: str | None
    start_s: Seconds
    frame: str | None
    audio: str | None
    difference: float | None
    """Of the first measure, last variant minus first."""
    variants: list[ComparedText]


class Comparison(Part):
    """Whether variant B is better than A."""

    dataset: str
    created_at: str
    table: str
    variants: list[ComparedVariant]
    common: int
    """Clips that all variants have rows for."""
    measures: list[Measured]
    clips: list[ComparedClip]
    """Those that differ most by the first measure, or by their texts."""
    remarks: list[str]
