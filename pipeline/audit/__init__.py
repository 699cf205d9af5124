"""The quality report: figures for programs, a page for people."""
