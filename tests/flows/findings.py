"""What `framesong doctor` printed, taken apart."""

import re

from flows.doctor_fetch import UPDATE
from tests.flows.commands import Done


def said(done: Done, mark: str, subject: str) -> list[str]:
    """What was said about a subject under a mark, each as one line."""
    start = f"{mark:8}{subject:11} "
    unwrapped = re.sub(r"\n {20}(?!\$ )", " ", done.out)
    lines = unwrapped.splitlines()
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


def commands(done: Done) -> list[str]:
    """What it says to run, but for the command that renews yt-dlp, which depends on the day."""
    lines = [line.strip() for line in done.out.splitlines()]
    found = [line[2:] for line in lines if line.startswith("$ ")]
    return [command for command in found if command != UPDATE]
