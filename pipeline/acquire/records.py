"""What a run remembers of its asking, so that the next one makes no burst: one small file."""

import time
from collections import deque
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.acquire.pace import HOUR, Block, Pace, SiteRecord
from pipeline.acquire.settings import Fetching
from pipeline.disk import write_atomically


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Site(_Strict):
    free_at: float
    asked: list[float]


class _Block(_Strict):
    site: str
    why: str
    until: float
    step: int
    stopped: bool


class _File(_Strict):
    """Times are Unix seconds."""

    saved_at: float
    sites: dict[str, _Site]
    block: _Block | None


def load(path: Path, fetching: Fetching, now: float) -> tuple[Pace, str | None]:
    """The remembered pace, on the clock that shows `now`. A file from the future means that the
    machine's clock was set back: its times count as if it had been written just now.

    Returns:
        The pace, and a line for people if the file could not be read. Then every site counts as
        asked just now.
    """
    try:
        found = _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Pace(fetching), None
    except (OSError, ValidationError) as error:
        pace = Pace(fetching, unknown_free_at=now + fetching.gap_seconds * 4 / 3)
        return pace, f"{path} cannot be read ({type(error).__name__}): asking as if just asked."
    shift = now - max(time.time(), found.saved_at)
    sites = {
        name: SiteRecord(site.free_at + shift, deque(each + shift for each in site.asked))
        for name, site in found.sites.items()
    }
    block = None
    if found.block:
        block = Block(**found.block.model_dump() | {"until": found.block.until + shift})
    return Pace(fetching, sites, block), None


def save(path: Path, pace: Pace, now: float) -> None:
    """Write the file whole.

    Raises:
        DiskFull: the disk refuses.
    """
    wall = time.time()
    shift = wall - now
    sites = {}
    for name, record in pace.sites.items():
        asked = [round(each + shift, 1) for each in record.asked if each > now - HOUR]
        if asked or record.free_at > now:
            sites[name] = _Site(free_at=max(record.free_at, now) + shift, asked=asked)
    block = None
    if pace.block:
        block = _Block(**asdict(pace.block) | {"until": pace.block.until + shift})
    text = _File(saved_at=wall, sites=sites, block=block).model_dump_json(indent=1)
    write_atomically(path, text.encode())
