"""YouTube-8M's labels: names, knowledge-graph ids, and the indices that one year's records use."""

import csv
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError

_COLUMNS = ("Index", "KnowledgeGraphId", "Name")
_MID = re.compile(r"/[mg]/[a-z0-9_]+")


@dataclass(frozen=True)
class Label:
    """One label."""

    mid: str
    """Knowledge-graph id, such as `/m/0mdxd`: the same in all years."""
    name: str
    """Empty for some labels."""

    @property
    def shown(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.mid


_COMMON = (
    Label("/m/0mdxd", "Music video"),
    Label("/m/03bt1gh", "Game"),
    Label("/m/01mw1", "Video game"),
    Label("/m/0381zh", "Slide show"),
    Label("/m/0215n", "Cartoon"),
    Label("/m/0hcr", "Animation"),
)


class Vocabulary:
    """The labels of one year."""

    def __init__(self, origin: str, labels: Mapping[int, Label]) -> None:
        """
        Args:
            origin: where they are from, for messages.
            labels: by the index that records use.
        """
        self._origin = origin
        self._labels = labels

    def find(self, names: Iterable[str]) -> list[Label]:
        """The labels of these names, in any case, or ids.

        Raises:
            SourceError: one is unknown, or the name of several labels.
        """
        return [_find(name.strip(), self._labels.values(), self._origin) for name in names]

    def label(self, index: int) -> Label:
        """
        Raises:
            SourceError: there is none of that index.
        """
        if index not in self._labels:
            raise SourceError(
                f"The records use label {index}, which {self._origin} does not have: set "
                "`vocabulary` to the vocabulary.csv of the records' year."
            )
        return self._labels[index]


def common_labels(names: Iterable[str]) -> list[Label]:
    """The labels of these names or ids as far as they can be known without a vocabulary.

    Raises:
        SourceError: a name is not one of the common ones.
    """
    return [
        Label(name, "")
        if _MID.fullmatch(name) and all(name != label.mid for label in _COMMON)
        else _find(name, _COMMON, "What is known without a `vocabulary`")
        for name in map(str.strip, names)
    ]


def read_vocabulary(path: Path) -> Vocabulary:
    """A year's vocabulary.csv.

    Raises:
        SourceError: there is no such file, or it is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {*_COLUMNS} <= {*(reader.fieldnames or ())}:
                raise SourceError(
                    f"{path} is no vocabulary.csv of YouTube-8M: it needs the columns "
                    f"{', '.join(_COLUMNS)}."
                )
            labels = {
                int(row["Index"]): Label(row["KnowledgeGraphId"].strip(), row["Name"].strip())
                for row in reader
            }
    except FileNotFoundError:
        raise SourceError(
            f"There is no file {path}: set `vocabulary` to YouTube-8M's vocabulary.csv."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, AttributeError) as error:
        raise SourceError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    return Vocabulary(path.name, labels)


def _find(name: str, labels: Iterable[Label], origin: str) -> Label:
    candidates = list(labels)
    found = [label for label in candidates if name and name == label.mid]
    found = found or [label for label in candidates if name.casefold() == label.name.casefold()]
    if len(found) == 1 and name:
        return found[0]
    if found and name:
        ids = ", ".join(label.mid for label in found)
        raise SourceError(f"{origin} has several labels `{name}`: name one by its id: {ids}.")
    names = {label.name.casefold(): label.name for label in candidates if label.name}
    close = difflib.get_close_matches(name.casefold(), names, n=3)
    hint = f" Close to it: {', '.join(names[each] for each in close)}." if close else ""
    raise SourceError(
        f"{origin} has no label {name!r}.{hint} Name labels as vocabulary.csv does, by name or by "
        "an id such as /m/0mdxd."
    )
