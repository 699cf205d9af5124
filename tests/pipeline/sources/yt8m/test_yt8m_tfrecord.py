import struct
import tracemalloc

import pytest

from pipeline.sources.yt8m.tfrecord import TFRecordError, read_records
from tests.pipeline.sources.yt8m.tfrecords import framed, masked_crc32c

RECORDS = [b"first", b"", b"x" * 5000]


def collect(path):
    found, said = [], None
    try:
        for record in read_records(path):
            found.append(record)
    except TFRecordError as error:
        said = str(error)
    return found, said


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train00.tfrecord"


def test_the_writer_of_these_tests_agrees_with_known_checksums():
    assert (
        masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32
    )


def test_records_come_back_as_they_were_written(path):
    path.write_bytes(framed(*RECORDS))
    assert collect(path) == (RECORDS, None)


def test_an_empty_file_has_no_records(path):
    path.write_bytes(b"")
    assert collect(path) == ([], None)


@pytest.mark.parametrize("cut", [1, 4, 3000, 5004, 5012, 5015])
def test_a_truncated_file_gives_what_is_whole_and_says_where_it_breaks_off(path, cut):
    path.write_bytes(framed(*RECORDS)[:-cut])
    found, said = collect(path)
    assert found == RECORDS[:2]
    assert said.startswith("truncated")
    assert said.endswith("at byte 37")


def test_a_file_cut_between_records_is_shorter_and_no_more(path):
    path.write_bytes(framed(*RECORDS[:2]))
    assert collect(path) == (RECORDS[:2], None)


@pytest.mark.parametrize("offset", range(21))
def test_a_flipped_bit_is_found_wherever_it_is(path, offset):
    data = bytearray(framed(*RECORDS))
    data[offset] ^= 0x10
    path.write_bytes(data)
    found, said = collect(path)
    assert found == []
    assert said.endswith("at byte 0") or "at byte 0 fails its checksum" in said


def test_a_page_saved_under_the_name_of_a_file_is_no_tfrecord(path):
    path.write_bytes(b"<html>404 Not Found</html>")
    assert collect(path) == ([], "no TFRecord begins at byte 0")


def test_a_length_that_lies_is_not_believed_even_with_its_checksum(path):
    length = struct.pack("<Q", 2**40)
    path.write_bytes(framed(b"a") + length + struct.pack("<I", masked_crc32c(length)) + b"b")
    assert collect(path) == ([b"a"], f"the record at byte 17 claims {2**40} bytes")


def test_a_file_is_never_in_memory_as_a_whole(path):
    path.write_bytes(framed(b"x" * 100_000) * 300)
    tracemalloc.start()
    try:
        assert sum(len(record) for record in read_records(path)) == 30_000_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
