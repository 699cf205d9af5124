import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from pipeline.demo.server import serve

BODY = bytes(range(256)) * 1000


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "secret.txt").write_text("not to be served")
    folder = tmp_path / "served"
    (folder / "inner").mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(BODY)
    (folder / "clip.webm").write_bytes(BODY)
    (folder / "page.html").write_text("<p>hello")
    (folder / "notes.log").write_text("no such type")
    (folder / "inner" / "clip.mp4").write_bytes(BODY)
    (folder / "linked.txt").symlink_to(tmp_path / "secret.txt")
    with serve(folder, port=0) as url:
        yield url


def raw(base: str, path: str) -> int:
    """The status for a path that is sent exactly as it is."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_file_comes_whole_with_its_type(base: str) -> None:
    for name, kind in (
        ("clip.mp4", "video/mp4"),
        ("clip.webm", "video/webm"),
        ("page.html", "text/html; charset=utf-8"),
    ):
        answer = httpx.get(f"{base}/{name}?from=list#top")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert answer.headers["accept-ranges"] == "bytes"
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert httpx.get(f"{base}/clip.mp4").content == BODY


def test_head_gives_the_length_without_a_body(base: str) -> None:
    answer = httpx.head(f"{base}/clip.mp4")
    assert answer.headers["content-length"] == str(len(BODY))
    assert answer.content == b""


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("bytes=0-0", BODY[:1]),
        ("bytes=1000-1999", BODY[1000:2000]),
        ("bytes=255000-", BODY[255000:]),
        ("bytes=-7", BODY[-7:]),
        ("bytes=255999-999999999", BODY[-1:]),
    ],
)
def test_a_range_gives_just_those_bytes(base: str, asked: str, wanted: bytes) -> None:
    answer = httpx.get(f"{base}/clip.mp4", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == wanted
    start = BODY.rfind(wanted) if asked in ("bytes=-7", "bytes=255999-999999999") else None
    if start is not None:
        assert answer.headers["content-range"].startswith(f"bytes {len(BODY) - len(wanted)}-")
    assert answer.headers["content-range"].endswith(f"/{len(BODY)}")


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=9-3", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_length(base: str, asked: str) -> None:
    answer = httpx.get(f"{base}/clip.mp4", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=-", "items=0-1", "bytes=a-b"])
def test_a_range_that_is_not_understood_is_ignored(base: str, asked: str) -> None:
    answer = httpx.get(f"{base}/clip.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/inner/clip.mp4",
        "/inner",
        "/",
        "/linked.txt",
        "/notes.log",
        "/clip.mp4%00.html",
        "/gone.mp4",
    ],
)
def test_nothing_but_the_folders_own_media_is_served(base: str, path: str) -> None:
    assert raw(base, path) == 404


def test_an_absolute_path_is_refused(base: str, tmp_path: Path) -> None:
    assert raw(base, f"/{tmp_path}/secret.txt") == 404
    assert raw(base, os.fspath(tmp_path / "served" / "clip.mp4")) == 404


def test_it_listens_on_this_machine_only_and_stops(tmp_path: Path) -> None:
    with serve(tmp_path, port=0) as url:
        assert urlsplit(url).hostname == "127.0.0.1"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_port_that_is_taken_is_left_for_a_free_one(tmp_path: Path) -> None:
    with serve(tmp_path, port=0) as first:
        port = urlsplit(first).port
        assert port is not None
        with serve(tmp_path, port=port) as second:
            assert second != first
            assert httpx.get(f"{second}/gone.mp4").status_code == 404
    with serve(tmp_path, port=port) as again:
        assert again == first


def test_it_says_nothing(base: str, capfd: pytest.CaptureFixture[str]) -> None:
    httpx.get(f"{base}/clip.mp4")
    httpx.get(f"{base}/gone.mp4")
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
