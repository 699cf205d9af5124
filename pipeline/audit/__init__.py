"""The quality report: figures for programs, a page for people."""

from pipeline.audit.data import AuditData, StepData
from pipeline.audit.write import write_report

__all__ = ["AuditData", "StepData", "write_report"]
