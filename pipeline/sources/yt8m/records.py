"""YouTube-8M's records: which video it is, and its labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from pipeline.sources.yt8m.tfrecord import TFRecordError, read_records

_PACKAGE = "framesong.yt8m"


@dataclass(frozen=True)
class Labelled:
    """One record."""

    name: str
    """As it stands there: 4 characters are a pseudo id, 11 a video's id at YouTube."""
    labels: tuple[int, ...]
    """Indices in the vocabulary of the same year."""


def read_labelled(path: Path) -> Iterator[Labelled]:
    """The records of a file of videos (2016 to 2018) or of frames (2016 to 2019).

    Raises:
        TFRecordError: the file is damaged, or holds something else; all records before that are
            given.
        OSError: it cannot be read.
    """
    make = _record_type()
    for number, data in enumerate(read_records(path), start=1):
        try:
            features = make.FromString(data).features.feature
        except DecodeError:
            raise TFRecordError(f"record {number} is no tf.Example") from None
        key = "id" if "id" in features else "video_id"
        if key not in features or "labels" not in features:
            raise TFRecordError(f"record {number} has no `id` and `labels`: it is not YouTube-8M's")
        names = features[key].bytes_list.value
        name = names[0].decode("ascii", "replace") if names else ""
        yield Labelled(name, tuple(features["labels"].int64_list.value))


@cache
def _record_type() -> Any:
    """What `tf.train.Example` and `tf.train.SequenceExample` have in common: field 1, a map from
    names to values (tensorflow/core/example/example.proto and feature.proto). The features of
    sound and picture are not declared here, and so are not unpacked."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="framesong/yt8m.proto", package=_PACKAGE, syntax="proto3"
    )

    def message(within: Any, name: str, *members: tuple[str, int, int, str, bool]) -> Any:
        made = within.add(name=name)
        for member, number, kind, of, many in members:
            label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
            added = made.field.add(name=member, number=number, type=kind, label=label)
            if of:
                added.type_name = f".{_PACKAGE}.{of}"
        return made

    nested = field.TYPE_MESSAGE
    message(file.message_type, "BytesList", ("value", 1, field.TYPE_BYTES, "", True))
    message(file.message_type, "Int64List", ("value", 1, field.TYPE_INT64, "", True))
    message(
        file.message_type,
        "Feature",
        ("bytes_list", 1, nested, "BytesList", False),
        ("int64_list", 3, nested, "Int64List", False),
    )
    features = message(
        file.message_type, "Features", ("feature", 1, nested, "Features.FeatureEntry", True)
    )
    entry = message(
        features.nested_type,
        "FeatureEntry",
        ("key", 1, field.TYPE_STRING, "", False),
        ("value", 2, nested, "Feature", False),
    )
    entry.options.map_entry = True
    message(file.message_type, "Record", ("features", 1, nested, "Features", False))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Record"))
