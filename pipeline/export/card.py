"""The dataset card, `README.md`: the questions of Gebru et al. (2021, Datasheets for Datasets),
answered from the tables where they can be, and by the recipe's `[card]` otherwise. A question that
nobody answered says so."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.export.facts import ClipFacts, DatasetFacts
from pipeline.lines import clean_line
from schemas.export import ExportManifest

UNANSWERED = "Not stated by the dataset's maker."

_TEMPLATES = Path(__file__).with_name("templates")
_SPECIAL = re.compile(r"([!#$&*<>@\[\\\]_`{|}~]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What means something within a line of Markdown, and what hubs make links of by themselves."""
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")


def card(manifest: ExportManifest, dataset: DatasetFacts, clips: ClipFacts) -> str:
    """The card, with the front matter that the Hugging Face hub and `datasets` read."""
    environment = Environment(  # noqa: S701 - Markdown: every value of others goes through `text`
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": as_text, "code": as_code, "prose": as_prose, "sized": _size}
    body = environment.get_template("card.txt").render(
        export=manifest,
        dataset=dataset,
        card=dataset.card,
        clips=clips,
        title=dataset.card.name or manifest.name,
        unanswered=UNANSWERED,
    )
    return f"---\n{_front_matter(manifest, dataset)}---\n\n{body}"


def as_text(value: object) -> str:
    """Text from outside as one line of Markdown that is nothing but text.

    >>> as_text("<b>[x](http://y)\\n# z")
    '\\\\<b\\\\>\\\\[x\\\\](http\\\\://y) \\\\# z'
    """
    return _SPECIAL.sub(r"\\\1", clean_line(str(value), 500))


def as_code(value: object) -> str:
    """Text as it is, in a code span that it cannot leave."""
    line = clean_line(str(value), 2000)
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


def as_prose(value: str) -> str:
    """The maker's own words, paragraph by paragraph; Markdown in them is meant."""
    paragraphs = [clean_line(part) for part in re.split(r"\n\s*\n", value)]
    return "\n\n".join(part for part in paragraphs if part) or UNANSWERED


def _size(number: int) -> str:
    return f"{number:,}"


def _front_matter(manifest: ExportManifest, dataset: DatasetFacts) -> str:
    from huggingface_hub import DatasetCardData

    facts: dict[str, Any] = {
        "pretty_name": clean_line(dataset.card.name or manifest.name, 200),
        "language": "en",
        "tags": ["music", "audio", "image", "text", "framesong", f"format:{manifest.format}"],
        "task_categories": ["text-to-image", "audio-classification"],
        "size_categories": [_size_category(manifest.clips)],
        "configs": _configs(manifest),
    }
    if dataset.card.licence:
        facts["license"] = "other"
        facts["license_name"] = clean_line(dataset.card.licence, 100)
    return DatasetCardData(**facts).to_yaml() + "\n"


def _size_category(clips: int) -> str:
    return _SIZE_NAMES[sum(clips >= size for size in _SIZES)]


def _configs(manifest: ExportManifest) -> list[Mapping[str, Any]]:
    """Which files hold which split, for `datasets.load_dataset`."""
    if manifest.format == "metadata":
        tables = [file.file for file in manifest.files if file.file.endswith(".parquet")]
        return [{"config_name": Path(name).stem, "data_files": name} for name in tables]
    patterns = {"webdataset": f"{manifest.name}-{{split}}-*.tar", "parquet": "data/{split}-*"}
    pattern = patterns[manifest.format]
    filled = {file.split for file in manifest.files}
    files = [
        {"split": split, "path": pattern.format(split=split)}
        for split in manifest.splits
        if split in filled
    ]
    return [{"config_name": "default", "data_files": files}]
