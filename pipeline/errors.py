"""What can go wrong, as one tree.

    FramesongError                one line for people: what is wrong, what is allowed, what to do
    ├── RecipeError               the recipe asks for something that does not exist
    ├── DatasetError              the dataset on disk is not what the recipe or its manifests say
    │   ├── DatasetBusy           another process works on it
    │   └── DiskFull              the disk refuses to take more
    ├── MissingCheckpoint         a model is not on this machine
    ├── MissingTool               a program or package is not on this machine
    ├── SourceError               a source could not be listed
    ├── SessionBlocked            a site asks us to stop for a while
    ├── ServiceError              a server that a stage needs does not answer as it should
    ├── MediaError                one video's file cannot be used; carries a short `reason`
    ├── BelowGate                 the report is written, but a measure is out of its bounds
    ├── ShardError                one step failed on one shard
    │   └── WorkerDied            its process was killed, or ran out of memory
    └── EngineStopped             the run ended before a shard was finished (pipeline.engines)

Anything else that escapes is a bug and keeps its traceback.
"""

import difflib
from collections.abc import Iterable


class FramesongError(Exception):
    """An error of the user's or of the environment's. Its text is one line for people."""


class RecipeError(FramesongError):
    """The recipe asks for something that does not exist or does not fit."""


class DatasetError(FramesongError):
    """The dataset on disk is not what the recipe or its own manifests say."""


class DatasetBusy(DatasetError):
    """Another process works on the dataset."""


class DiskFull(DatasetError):
    """The disk is full, or refuses to be written otherwise."""


class MissingCheckpoint(FramesongError):
    """A model's files are not on this machine."""


class MissingTool(FramesongError):
    """A program or Python package is not on this machine."""


class SourceError(FramesongError):
    """A source could not be listed."""


class SessionBlocked(FramesongError):
    """A site asks us to stop for a while; that is never worked around."""


class ServiceError(FramesongError):
    """A server that a stage needs does not answer as it should."""


class MediaError(FramesongError):
    """One video's file cannot be used.

    `reason` is a short word to count by, such as `truncated` or `no_audio_stream`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str]]:
        return (type(self), (self.reason, self.detail))


class BelowGate(FramesongError):
    """A report is written, but a measure is out of the bounds that the user set."""


class ShardError(FramesongError):
    """One step failed on one shard; the others go on."""


class WorkerDied(ShardError):
    """The process that worked on a shard is gone."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """A sentence for a name that does not exist, with the known ones and the nearest.

    >>> unknown("option", "temp", ["model", "temperature"])
    'There is no option `temp`. Known: model, temperature. Did you mean `temperature`?'
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"There is no {kind} `{name}`. Known: {', '.join(names) or 'none'}.{hint}"
