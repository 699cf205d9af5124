"""Which exports a dataset knows of: `exports.json`, where removals look."""

from pathlib import Path

from pydantic import ValidationError

from pipeline.disk import write_atomically
from pipeline.errors import DatasetError
from pipeline.export.folder import as_json
from pipeline.store import Dataset, now
from schemas.export import Format, KnownExport, KnownExports


def known_exports(dataset: Dataset) -> list[KnownExport]:
    """The exports that were made of a dataset, also those that were deleted since.

    Raises:
        DatasetError: the file is damaged or from another version.
    """
    path = dataset.exports_file
    try:
        return KnownExports.model_validate_json(path.read_bytes()).exports
    except FileNotFoundError:
        return []
    except ValidationError:
        raise DatasetError(
            f"{path} is no list of exports that this version reads. Without it `framesong remove` "
            "does not know which exports to clean: mend it, or move it away and export again."
        ) from None


def remember(dataset: Dataset, out: Path, kind: Format) -> None:
    """Note an export, in the place of an earlier one at the same path."""
    path = str(out.resolve())
    others = [export for export in known_exports(dataset) if export.path != path]
    exports = [*others, KnownExport(path=path, format=kind, made_at=now())]
    content = KnownExports(exports=exports).model_dump(mode="json")
    write_atomically(dataset.exports_file, as_json(content))
