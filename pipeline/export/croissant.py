"""Croissant 1.0 metadata (Akhtar et al. 2024, arXiv:2403.19546; https://docs.mlcommons.org/croissant):
every file with its digest, and what a record holds, in JSON-LD that `mlcroissant` reads."""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.export.facts import DatasetFacts
from pipeline.export.records import public_url
from pipeline.lines import clean_line
from schemas.export import ExportFile, ExportManifest

Node = dict[str, Any]

_ENCODINGS = {
    "tar": "application/x-tar",
    "parquet": "application/x-parquet",
    "toml": "application/toml",
    "json": "application/json",
}
_AUDIO = {"flac": "audio/flac", "wav": "audio/wav", "opus": "audio/ogg"}
_TYPES = {"double": "sc:Float", "int64": "sc:Integer", "bool": "sc:Boolean", "string": "sc:Text"}
_CONTENTS = {
    "frame": "sc:ImageObject",
    "sound": "sc:AudioObject",
    "prompt": "sc:Text",
    "record": "sc:Text",
}
"""What lies in tars: sets of files, each of one member of every clip."""
_KEYS = {"videos": "video_id"} | dict.fromkeys(
    ("clips", "frames", "sounds", "prompts", "records"), "clip_id"
)
"""Of record sets whose records one field tells apart."""
_SPDX = re.compile(r"[A-Za-z0-9.+-]+")


def croissant(manifest: ExportManifest, dataset: DatasetFacts, record_sets: list[Node]) -> Node:
    """The JSON-LD of an export.

    Args:
        record_sets: what its records hold, as `record_sets` says.
    """
    card = dataset.card
    name = card.name or manifest.name
    node: Node = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": clean_line(name, 200),
        "description": clean_line(_description(manifest, dataset)),
        "license": _licence(card.licence),
        "version": _version(manifest, card.version),
        "creator": [{"@type": "sc:Person", "name": clean_line(one)} for one in card.creators],
        "citeAs": _citation(name, dataset, card.version),
        "datePublished": dataset.fetched_to,
        "url": public_url(card.url),
        "keywords": ["music", "music videos", "image", "text-to-image", "captions"],
        "distribution": [*map(_file_object, manifest.files), *_file_sets(manifest, dataset)],
        "recordSet": record_sets,
    }
    return {key: value for key, value in node.items() if value not in (None, [], "")}


def _description(manifest: ExportManifest, dataset: DatasetFacts) -> str:
    what = "Texts about" if manifest.format == "metadata" else "Sound, a frame and texts of"
    made = f"{what} {manifest.clips} clips of music videos, made with Framesong."
    rights = (
        "Sound and pictures belong to others; licences are as sites state them, unverified: see "
        "README.md."
    )
    return " ".join(part for part in (dataset.card.summary, made, rights) if part)


def _licence(licence: str) -> str:
    """An SPDX identifier's page. Without one: where the situation is told."""
    if not licence:
        return "Not stated; sound and pictures belong to others: see README.md"
    spdx = _SPDX.fullmatch(licence)
    return f"https://spdx.org/licenses/{licence}" if spdx else clean_line(licence)


def _version(manifest: ExportManifest, stated: str) -> str:
    """Semantic; a dataset without a version is told apart by its content."""
    return clean_line(stated, 50) or f"0.0.0+{manifest.content_digest[:12]}"


def _citation(name: str, dataset: DatasetFacts, version: str) -> str:
    fields = {
        "title": name,
        "author": " and ".join(dataset.card.creators),
        "year": (dataset.fetched_to or "")[:4],
        "version": version,
        "url": public_url(dataset.card.url) or "",
    }
    key = re.sub(r"[^A-Za-z0-9]+", "", name) or "dataset"
    stated = (
        f"{field} = {{{re.sub(r'[{}]', '', clean_line(value))}}}"
        for field, value in fields.items()
        if value
    )
    return f"@misc{{{key}, {', '.join(stated)}}}"


def _file_object(file: ExportFile) -> Node:
    return {
        "@type": "cr:FileObject",
        "@id": file.file,
        "name": file.file,
        "contentUrl": file.file,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _ENCODINGS[file.file.rpartition(".")[2]],
        "sha256": file.sha256,
    }


def _file_sets(manifest: ExportManifest, dataset: DatasetFacts) -> list[Node]:
    if manifest.format == "parquet":
        return [_file_set("parquet-files", "data/*.parquet", _ENCODINGS["parquet"])]
    if manifest.format == "metadata":
        return []
    audio = dataset.cut["audio_format"]
    tars: Node = {"containedIn": [{"@id": file.file} for file in manifest.files]}
    encodings = {
        "frame": ("*.jpg", "image/jpeg"),
        "sound": (f"*.{audio}", _AUDIO[audio]),
        "prompt": ("*.txt", "text/plain"),
        "record": ("*.json", _ENCODINGS["json"]),
    }
    return [
        _file_set(f"{name}-files", includes, encoding) | tars
        for name, (includes, encoding) in encodings.items()
    ]


def _file_set(name: str, includes: str, encoding: str) -> Node:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "encodingFormat": encoding,
        "includes": includes,
    }


def record_sets(manifest: ExportManifest, columns: Mapping[str, pa.Schema]) -> list[Node]:
    """What the records of an export hold.

    Args:
        columns: of each Parquet table of a metadata export by its name; else of `clips` alone.
    """
    if manifest.format == "metadata":
        return [
            _record_set(
                name, _column_fields(name, schema, {"fileObject": {"@id": f"{name}.parquet"}})
            )
            for name, schema in columns.items()
        ]
    schema = columns["clips"]
    if manifest.format == "parquet":
        source = {"fileSet": {"@id": "parquet-files"}}
        return [
            _record_set("clips", [*_media_fields(source), *_column_fields("clips", schema, source)])
        ]
    return [
        _record_set(f"{name}s", _content_fields(name, kind)) for name, kind in _CONTENTS.items()
    ]


def _record_set(name: str, fields: list[Node]) -> Node:
    node: Node = {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}
    keys = [field["@id"] for field in fields if field["@id"] == f"{name}/{_KEYS.get(name)}"]
    return node | ({"key": {"@id": keys[0]}} if keys else {})


def _field(record_set: str, name: str, kind: str, source: Node) -> Node:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "dataType": kind,
        "source": source,
    }


def _column_fields(record_set: str, schema: pa.Schema, files: Node) -> list[Node]:
    return [
        _typed(
            _field(record_set, field.name, "", files | {"extract": {"column": field.name}}), field
        )
        for field in schema
    ]


def _typed(node: Node, field: pa.Field) -> Node:
    repeated = pa.types.is_list(field.type)
    kind = field.type.value_type if repeated else field.type
    node["dataType"] = _TYPES.get(str(kind), "sc:Text")
    return node | ({"repeated": True} if repeated else {})


def _media_fields(files: Node) -> list[Node]:
    def member(column: str) -> Node:
        return files | {
            "extract": {"column": column},
            "transform": {"jsonPath": "bytes"},
        }

    return [
        _field("clips", "audio", "sc:AudioObject", member("audio")),
        _field("clips", "image", "sc:ImageObject", member("image")),
    ]


def _content_fields(name: str, kind: str) -> list[Node]:
    """`mlcroissant` joins no file with another and parses none from a tar: each set of files is a
    set of records of its own, and a clip's columns are one text of JSON."""
    files: Node = {"fileSet": {"@id": f"{name}-files"}}
    key = files | {
        "extract": {"fileProperty": "filename"},
        "transform": {"regex": r"^(.+)\.[a-z]+$"},
    }
    content = files | {"extract": {"fileProperty": "content"}}
    return [
        _field(f"{name}s", "clip_id", "sc:Text", key),
        _field(f"{name}s", name, kind, content),
    ]


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The specification's own, word for word: another one is warned of."""
