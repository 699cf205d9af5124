"""Lists of ids: what is read, and what is refused with the line that is wrong."""

from pathlib import Path

import pytest

from pipeline.errors import DatasetError
from pipeline.removal.lists import read_ids


def listed(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "marked-clips.txt"
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        read_ids(path)
    return str(caught.value)


def test_ids_come_in_the_order_of_the_file_and_once(tmp_path: Path) -> None:
    text = b"# marked on Tuesday\n\nsite-b-00010000\n  site-a_B-00000000 \nsite-b-00010000\n"
    assert read_ids(listed(tmp_path, text)) == ["site-b-00010000", "site-a_B-00000000"]


def test_files_of_other_systems_are_read(tmp_path: Path) -> None:
    assert read_ids(listed(tmp_path, b"\xef\xbb\xbfsite-a\r\nsite-b\r\n")) == ["site-a", "site-b"]


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    assert read_ids(listed(tmp_path, b"site-a\nsite-b")) == ["site-a", "site-b"]


@pytest.mark.parametrize(
    "line",
    [
        "../../etc/passwd",
        "site-a site-b",
        "a.flac",
        "a" * 201,
        "\u202eevil",
        "\x1b[31mred",
        "-rf\x00",
        "<b>",
    ],
)
def test_a_line_that_is_no_id_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    told = refusal(listed(tmp_path, f"site-a\n# note\n{line}\n".encode()))
    assert "marked-clips.txt, line 3: " in told
    assert told.isprintable()
    assert len(told) < 400


def test_binary_files_are_refused_at_their_first_line(tmp_path: Path) -> None:
    assert "line 1: " in refusal(listed(tmp_path, bytes(range(256)) * 1000))


def test_a_line_without_end_is_not_read_to_its_end() -> None:
    assert "/dev/zero, line 1: " in refusal(Path("/dev/zero"))


def test_a_comment_without_end_is_refused_too(tmp_path: Path) -> None:
    assert "line 1: '####" in refusal(listed(tmp_path, b"#" * 100_000))


def test_what_is_larger_than_any_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(257):
            file.write((b"#" * 8191 + b"\n") * 128)
    assert "larger than 256 MiB" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nothing marked\n"])
def test_a_list_of_nothing_is_an_error(tmp_path: Path, content: bytes) -> None:
    assert "names nothing" in refusal(listed(tmp_path, content))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none")
    assert "Is a directory" in refusal(tmp_path)
