"""TFRecord files, read record by record. The format: a length of 8 bytes and its checksum, the
record and its checksum, and so on (tensorflow/core/lib/io/record_writer.h)."""

import struct
from collections.abc import Iterator
from pathlib import Path

import crc32c

_MAX_RECORD = 64 * 2**20
"""Bytes. YouTube-8M's largest are 0.4 MB: 300 frames of 1,152 bytes."""
_MASK = 0xA282EAD8


class TFRecordError(Exception):
    """A file is damaged from some byte on. Its text says from which, and what is wrong."""


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file, each checked before it is given.

    Raises:
        TFRecordError: the file is damaged; all records before that are given.
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=2**20) as file:
        offset = 0
        while head := file.read(12):
            if len(head) < 12:
                raise TFRecordError(f"truncated at byte {offset}")
            length = _length(head, offset)
            rest = file.read(length + 4)
            if len(rest) < length + 4:
                raise TFRecordError(f"truncated in the record at byte {offset}")
            record = rest[:-4]
            if _masked(record) != int.from_bytes(rest[-4:], "little"):
                raise TFRecordError(f"the record at byte {offset} fails its checksum")
            yield record
            offset += length + 16


def _length(head: bytes, offset: int) -> int:
    length, checksum = struct.unpack("<QI", head)
    if _masked(head[:8]) != checksum:
        what = "no TFRecord begins" if offset == 0 else "the length fails its checksum"
        raise TFRecordError(f"{what} at byte {offset}")
    if length > _MAX_RECORD:
        raise TFRecordError(f"the record at byte {offset} claims {length} bytes")
    return int(length)


def _masked(data: bytes) -> int:
    """CRC-32C, turned by 15 bits and moved by a constant, as the format wants it."""
    crc = crc32c.crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF
