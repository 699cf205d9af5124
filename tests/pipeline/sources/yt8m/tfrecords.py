"""Write YouTube-8M's files from the descriptions of TFRecord and of protobuf's wire format alone,
with nothing of what reads them."""

import struct


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32


def framed(*records):
    """The bytes of a TFRecord file."""
    parts = []
    for record in records:
        length = struct.pack("<Q", len(record))
        parts += [length, struct.pack("<I", masked_crc32c(length))]
        parts += [record, struct.pack("<I", masked_crc32c(record))]
    return b"".join(parts)


def _varint(number):
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def _field(number, data):
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _bytes_feature(*values):
    return _field(1, b"".join(_field(1, value) for value in values))


def _float_feature(values):
    return _field(2, _field(1, struct.pack(f"<{len(values)}f", *values)))


def _int_feature(values, packed):
    if packed:
        return _field(3, _field(1, b"".join(map(_varint, values))))
    return _field(3, b"".join(_varint(1 << 3) + _varint(value) for value in values))


def _features(named):
    entries = (_field(1, name.encode()) + _field(2, value) for name, value in named.items())
    return b"".join(_field(1, entry) for entry in entries)


def video_level(name, labels, key="id", packed=True, floats=4):
    """An `Example`: one video's labels and mean features. Real ones have 1,024 + 128 floats."""
    named = {
        "mean_rgb": _float_feature([0.5] * floats),
        key: _bytes_feature(name.encode()),
        "labels": _int_feature(labels, packed),
        "mean_audio": _float_feature([0.25] * floats),
    }
    return _field(1, _features(named))


def frame_level(name, labels, key="id", frames=3, width=8):
    """A `SequenceExample`: the labels, then each frame's features. Real ones have up to 300 frames
    of 1,024 + 128 bytes."""
    context = _features({key: _bytes_feature(name.encode()), "labels": _int_feature(labels, True)})
    steps = b"".join(_field(1, _bytes_feature(bytes([n % 256]) * width)) for n in range(frames))
    entry = _field(1, b"rgb") + _field(2, steps)
    return _field(1, context) + _field(2, _field(1, entry))
