"""Pictures that the site made larger itself.

YouTube offers sizes that it computed ("AI-upscaled"). The default format selector leaves them out;
a selector of the user's may not. yt-dlp marks them by `sr`, for super-resolution, at the end of
the format's id (`399-sr`). What was enlarged before it was uploaded is not known to anybody.
"""

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence


def _measure(evidence: Evidence) -> Finding:
    enlarged = [each for each in evidence.media.format_ids if "sr" in each.split("-")[1:]]
    return Finding(len(enlarged), f"enlarged by the site: format {', '.join(enlarged)}"[:200])


upscaled = Check("drop_upscaled", least=False, measure=_measure)
