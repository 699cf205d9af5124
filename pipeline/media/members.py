"""Random access to a shard's members: where each lies in the tar."""

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.errors import DatasetError
from pipeline.media.shard import MAX_MEMBER_BYTES, member_name


@dataclass(frozen=True, slots=True)
class Member:
    """One file within a tar."""

    clip_id: str
    extension: str
    offset: int
    size: int

    def read(self, tar: IO[bytes]) -> bytes:
        """Its bytes, from the open tar."""
        tar.seek(self.offset)
        return tar.read(self.size)


def members_of(
    path: Path, more: tuple[str, ...] = (), remedy: str = "build it again"
) -> list[Member]:
    """A shard's members in their order; reads the headers only.

    Args:
        more: extensions that members may have besides those of shards, as in an export.
        remedy: what to do about a damaged one.

    Raises:
        DatasetError: the tar is damaged, or is no shard.
    """
    found = []
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                name = member_name(info.name, more)
                if name is None or not info.isreg() or info.size > MAX_MEMBER_BYTES:
                    raise DatasetError(
                        f"Shard `{path}` holds {info.name[:80]!r}, which is no clip's."
                    )
                found.append(Member(*name, info.offset_data, info.size))
            end = tar.offset
        with path.open("rb") as file:
            file.seek(end)
            if file.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
                raise EOFError("it is cut off")  # within a header, which tarfile does not tell
    except FileNotFoundError:
        raise DatasetError(f"There is no shard `{path}`: {remedy}.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DatasetError(f"Shard `{path}` cannot be read ({error}): {remedy}.") from None
    return found
