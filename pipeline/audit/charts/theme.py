"""The look of all charts, in one place.

Colours are CSS custom properties, which the page's style sheet gives for light, dark and print.
"""

import altair as alt

DATA = "var(--data)"
SOFT = "var(--data-soft)"
LOST = "var(--lost)"
WAITS = "var(--waits)"
FLOOR = "var(--floor)"
INK = "var(--ink)"
QUIET = "var(--quiet)"
LINE = "var(--line)"
PAPER = "var(--paper)"
MUSIC = "var(--music)"

FONT = "Helvetica Neue, Segoe UI, Liberation Sans, Arial, sans-serif"
"""The page's own; all of about the same width, so that what is cut off to fit does fit."""
TEXT = 12
"""Pixels of all text in charts."""

CONFIG = alt.Config(
    background="transparent",
    font=FONT,
    view=alt.ViewConfig(stroke=None),
    mark=alt.MarkConfig(aria=False),
    text=alt.MarkConfig(fontSize=TEXT, color=QUIET),
    axis=alt.AxisConfig(
        aria=False,
        domain=False,
        grid=False,
        ticks=False,
        title=None,
        labelColor=QUIET,
        labelFontSize=TEXT,
        labelPadding=0,
        labelOverlap=True,
        labelSeparation=8,
        labelFlush=False,
    ),
).to_dict()
