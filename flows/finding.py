"""What `framesong doctor` sees."""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "note", "absent", "MISSING"]
"""`note`: to be known; `absent`: some recipes need it; `MISSING`: this run fails without it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    mark: Mark
    text: str
    commands: tuple[str, ...] = ()
    """What would put it right, to be pasted into a shell."""
    step: str = ""
    """The recipe's step that it is about; "" for the machine."""
