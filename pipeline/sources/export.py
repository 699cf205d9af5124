"""The videos of a metadata export, and the windows that its clips were cut from."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.media.windows import Window
from pipeline.sources.addresses import parse_address
from pipeline.sources.base import Asking, Listed, Source
from pipeline.sources.folder import EXTENSIONS
from pipeline.sources.ids import MAX_LENGTH, video_id
from schemas.table import Seconds

CLIPS_FILE, VIDEOS_FILE = "clips.parquet", "videos.parquet"
WINDOW_COLUMNS = ("clip_id", "video_id", "start_s", "end_s", "frame_s")

_TEXTS = ("title", "artist", "track", "channel", "upload_date", "licence", "live_status")
_NEEDED = {
    VIDEOS_FILE: {name: pa.string() for name in ("video_id", "song_id", "split", "url", "file")},
    CLIPS_FILE: {
        name: pa.string() if name.endswith("_id") else pa.float64() for name in WINDOW_COLUMNS
    },
}
_ID = re.compile(r"[A-Za-z0-9_]+-[A-Za-z0-9_-]+")
_SONG = re.compile(r"[A-Za-z0-9_-]{1,200}")
_DAY = re.compile(r"[0-9]{8}")
_MAX_ROWS = 50_000_000
_MAX_WINDOWS = 10_000
"""Of one video: 28 hours in ten seconds each."""
_MAX_START_S: Seconds = 1e6


Windows = list[Window]


class Export(Source):
    """The videos of a metadata export, each on the side of the split that it had there. Its clips
    are cut from the same windows as there; `[cut]` needs the same `clip_seconds`."""

    kind: ClassVar[str] = "export"

    path: str = "."
    """The export's folder, relative to the recipe."""
    videos: str = ""
    """A folder with your own copies: local videos under the paths that they had below their own
    folder, and others as VIDEO_ID.mp4 or the like. What is not in it is fetched, if it has an
    address. Relative to the recipe."""

    def list(self, asking: Asking) -> Iterator[Listed]:
        """The videos in the order of the file. What cannot be found or trusted is noted."""
        found = False
        copies = self.copies(asking.base)
        without: list[str] = []
        for row in self.rows(asking.base):
            try:
                listed = _listed(row, copies)
            except ValueError as error:
                asking.note(f"{VIDEOS_FILE}: {str(row['video_id'])[:200]!a} left out: {error}")
                continue
            found = True
            if copies.root and row["file"] is None and listed.video_id not in copies.by_id:
                without.append(listed.video_id)
            yield listed
        if without:
            asking.note(
                f"`videos` has no copies of {len(without)} videos, which are fetched: "
                f"one would be {without[0]}.mp4 or the like."
            )
        if not found:
            raise SourceError(
                f"{self.folder(asking.base)} has no video that could be used: set `videos` to the "
                "folder of your copies, or ask for a whole export."
            )

    def folder(self, base: Path) -> Path:
        """The export's."""
        return (base / Path(self.path).expanduser()).resolve()

    def copies(self, base: Path) -> "Copies":
        """The receiver's own files.

        Raises:
            SourceError: there is no such folder.
        """
        if not self.videos:
            return Copies(None, {})
        root = (base / Path(self.videos).expanduser()).resolve()
        if not root.is_dir():
            raise SourceError(f"There is no folder {root}: set `videos` to that of your copies.")
        found = sorted(path for path in root.iterdir() if path.suffix.lower() in EXTENSIONS)
        return Copies(root, {path.name.split(".")[0]: path for path in reversed(found)})

    def rows(self, base: Path) -> Iterator[dict[str, Any]]:
        """The videos as the export states them; nothing in them is checked but their types.

        Raises:
            SourceError: there is no such file, or it has other columns.
        """
        path = self.folder(base) / VIDEOS_FILE
        check_file(path)
        for batch in pq.ParquetFile(path).iter_batches(10_000):
            yield from batch.to_pylist()

    def windows(
        self, base: Path, video_ids: Collection[str], clip_seconds: Seconds
    ) -> dict[str, Windows]:
        """The windows of these videos, in order of start; none for those that it does not know.

        Raises:
            SourceError: the file is missing or damaged, or a window is none of this length.
        """
        import pyarrow.compute as pc
        import pyarrow.dataset as ds  # loads pandas

        path = self.folder(base) / CLIPS_FILE
        check_file(path)
        wanted = pc.field("video_id").isin(sorted(video_ids))
        scanner = ds.dataset(path, format="parquet").scanner(
            columns=list(WINDOW_COLUMNS), filter=wanted, batch_size=10_000
        )
        found: defaultdict[str, Windows] = defaultdict(list)
        for batch in scanner.to_batches():
            for row in batch.to_pylist():
                mine = found[row["video_id"]]
                mine.append(_window(path, row, clip_seconds))
                if len(mine) > _MAX_WINDOWS:
                    raise SourceError(
                        f"{path} gives {row['video_id']} more than {_MAX_WINDOWS} clips."
                    )
        for each, mine in found.items():
            mine.sort(key=lambda window: window.start_s)
            for one, two in pairwise(mine):
                if two.start_s < one.end_s - 1e-6:
                    raise SourceError(f"{path}: two clips of {each} overlap at {two.start_s} s.")
        return dict(found)


@dataclass(frozen=True)
class Copies:
    """Files of the receiver's own."""

    root: Path | None
    by_id: dict[str, Path]

    def find(self, row: dict[str, Any]) -> Path | None:
        """A video's file; None where it has an address and no copy.

        Raises:
            ValueError: it has no address either, or its path leads elsewhere; the text says which.
        """
        name = row["file"]
        if name is None:
            return self._inside(self.by_id.get(row["video_id"]))
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or not name.isprintable():
            raise ValueError(f"its path {name[:200]!a} leads out of the folder")
        if self.root is None:
            raise ValueError("it was a local file: set `videos` to the folder of your copies")
        path = self._inside(self.root / parts)
        if path is None or not path.is_file():
            raise ValueError(f"there is no file {name[:200]!a} in `videos`")
        return path

    def _inside(self, path: Path | None) -> Path | None:
        if path is not None and self.root and not path.resolve().is_relative_to(self.root):
            raise ValueError(f"{path.name!a} is a link that leads out of the folder")
        return path


def check_file(path: Path) -> None:
    """
    Raises:
        SourceError: the file is missing or damaged, or has other columns or types.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except FileNotFoundError:
        raise SourceError(
            f"There is no file {path}: `path` is the folder of a metadata export, made with "
            "`framesong export RECIPE OUT --format metadata`."
        ) from None
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if rows > _MAX_ROWS:
        raise SourceError(f"{path} has {rows:,} rows; at most {_MAX_ROWS:,} are read.")
    for name, kind in _NEEDED[path.name].items():
        if name not in schema.names or schema.field(name).type != kind:
            has = schema.field(name).type if name in schema.names else "no such column"
            raise SourceError(f"{path}: column `{name}` should be {kind}, but it has {has}.")


def _listed(row: dict[str, Any], copies: Copies) -> Listed:
    name, song = str(row["video_id"]), str(row["song_id"])
    if not _ID.fullmatch(name) or len(name) > MAX_LENGTH:
        raise ValueError("its id is none of ours")
    if row["split"] not in ("train", "eval") or not _SONG.fullmatch(song):
        raise ValueError("it has no song and side of the split")
    site = name.split("-")[0]
    path = copies.find(row)
    if path is None:
        address = parse_address(str(row["url"] or ""))
        if address.is_list:
            raise ValueError("its address is that of a list")
        if video_id(address.site, address.raw_id).split("-")[0] != site:
            raise ValueError(f"its address is of {address.site}, but its id is of {site}")
    texts = {each: row[each] for each in _TEXTS if isinstance(row.get(each), str)}
    if not _DAY.fullmatch(texts.get("upload_date", "")):
        texts.pop("upload_date", None)
    seconds, age = row.get("duration_s"), row.get("age_limit")
    labels = row.get("labels") or []
    return Listed(
        video_id=name,
        site=site,
        url=str(path) if path else address.url,
        duration_s=seconds if isinstance(seconds, float) and math.isfinite(seconds) else None,
        age_limit=age if isinstance(age, int) else None,
        labels=tuple(str(each)[:1000] for each in labels) if isinstance(labels, list) else (),
        song=song,
        side=row["split"],
        **texts,
    )


def _window(path: Path, row: dict[str, Any], clip_seconds: Seconds) -> Window:
    name = str(row["clip_id"])[:200]
    times = [row["start_s"], row["end_s"], row["frame_s"]]
    if not all(time is not None and abs(time) <= _MAX_START_S for time in times):  # nor NaN
        raise SourceError(f"{path}: {name!a} has no usable times.")
    window = Window(*times)
    if abs(window.end_s - window.start_s - clip_seconds) > 1e-6:
        raise SourceError(
            f"{path}: {name!a} is {window.end_s - window.start_s:g} s long, but `clip_seconds` is "
            f"{clip_seconds:g}: set it back."
        )
    if not window.start_s <= window.frame_s < window.end_s:
        raise SourceError(f"{path}: the frame of {name!a} is not within its clip.")
    if window.clip_id(row["video_id"]) != row["clip_id"]:
        raise SourceError(f"{path}: {name!a} does not begin at {window.start_s:g} s.")
    return window
