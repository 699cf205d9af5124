"""Variants side by side on the same clips."""

from pipeline.audit.compare.build import compare
from pipeline.audit.compare.terminal import table_of
from pipeline.audit.compare.write import write_comparison

__all__ = ["compare", "table_of", "write_comparison"]
