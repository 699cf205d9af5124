"""What a stage is: one annotator, configured, that turns a shard's rows and media into rows."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Protocol, TypeVar

from schemas.manifest import ModelRecord
from schemas.table import R, Row, Table

T = TypeVar("T")


def runtime(default: T) -> T:
    """A configuration field that changes speed but not rows: left out of the fingerprint."""
    if isinstance(default, dict | list):
        return field(default_factory=lambda: type(default)(default), metadata={"runtime": True})
    return field(default=default, metadata={"runtime": True})


@dataclass(frozen=True)
class Failure:
    """Why a clip has no rows. `reason` is a short word to count by, `detail` a line for people."""

    clip_id: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Sample:
    """One clip's media as it lies in the shard's tar."""

    clip_id: str
    audio: bytes
    """An encoded audio file, mono."""
    audio_format: str
    """`flac`, `wav` or `opus`."""
    frame: bytes
    """A JPEG file."""
    meta: dict[str, Any]
    """The clip's JSON member: the fields of `schemas.clip.Clip`."""


class Inputs(Protocol):
    """What a stage may see of one shard."""

    @property
    def shard(self) -> str:
        """The shard's name, such as `train-000003`."""

    @property
    def device(self) -> str:
        """Where the model runs: `cpu`, `cuda:0`, …"""

    def rows(self, table: Table[R]) -> list[R]:
        """The shard's rows of a table that the stage names in `reads` or `may_read`.

        A table of `may_read` that no step of the recipe writes has no rows. When only some clips
        are run, only their rows are returned.
        """

    def samples(self) -> Iterator[Sample]:
        """The shard's clips with their media, in the tar's order. Opens the tar."""

    def note(self, text: str) -> None:
        """Tell people something about this run; it goes to the manifest and the log."""


@dataclass(frozen=True)
class Stage(ABC):
    """One annotator with one exact configuration. Subclasses are frozen dataclasses whose fields
    are the options of their `[stage.NAME]` table in a recipe.

    Every clip of the shard (every row of CLIPS that `inputs` gives) must end as rows or as one
    Failure.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """Raise it when the same configuration should give other rows."""
    reads: ClassVar[tuple[Table[Row], ...]]
    may_read: ClassVar[tuple[Table[Row], ...]] = ()
    """Tables that are read if the recipe has a step that writes them."""
    writes: ClassVar[Table[Row]]

    @property
    def paths(self) -> tuple[str, ...]:
        """Options that may name a local file or folder. The recipe states it relative to itself; at
        run time it is absolute."""
        return ("model",)

    @property
    def looks_across(self) -> bool:
        """Whether a clip's rows may depend on other clips of its shard. Such a stage is never run
        on a few clips more: it runs again on all that it was ever asked for."""
        return False

    @abstractmethod
    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        """Rows of `writes` and failures for one shard."""

    def models(self) -> dict[str, ModelRecord]:
        """The checkpoints that this configuration uses, by option name. Cheap: loads nothing.

        Raises:
            MissingCheckpoint: one is not on this machine.
        """
        return {}

    def config(self) -> dict[str, Any]:
        """What decides the rows: the options without runtime fields, JSON-safe."""
        return {
            option.name: getattr(self, option.name)
            for option in fields(self)
            if not option.metadata.get("runtime")
        }

    @classmethod
    def options(cls) -> list[str]:
        """The names of the options that a recipe may set: all fields but secrets, see
        `pipeline.secret`."""
        return [option.name for option in fields(cls) if "secret" not in option.metadata]


def fingerprint(stage: Stage, upstream: dict[str, str]) -> str:
    """Twelve hexadecimal digits that name a variant.

    Args:
        stage: the configured stage.
        upstream: for each table it reads from another stage, that variant's fingerprint.
    """
    facts = [stage.name, stage.version, stage.config(), sorted(upstream.items())]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def required_options(stage: type[Stage]) -> list[str]:
    """Options without a default."""
    return [
        option.name
        for option in fields(stage)
        if option.default is MISSING and option.default_factory is MISSING
    ]
