import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SourceError
from pipeline.sources.urls import Urls
from tests.pipeline.sources.asking import ask, asking


def listed(path, **options):
    return ask(Urls(path=path.name, **options), path.parent)


def test_a_text_file_gives_one_video_a_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(
        "\ufeff# my videos\n\nhttps://youtu.be/aqz-KE-bpKQ  # the first\n"
        "  https://example.org/b.mp4#t=3 \n",
        encoding="utf-8",
    )
    videos, notes = listed(path, labels=["x"])
    assert [video.video_id.split("-")[0] for video in videos] == ["youtube", "example_org"]
    assert videos[1].url == "https://example.org/b.mp4#t=3"
    assert videos[0].labels == ("x",)
    assert notes == []


def test_a_malformed_line_is_noted_with_its_number(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(
        "https://example.org/a.mp4\n"
        "exmaple.org/b.mp4\n"
        "# fine\n"
        "/etc/passwd\n"
        "https://www.youtube.com/@someone\n"
    )
    videos, notes = listed(path)
    assert len(videos) == 1
    assert [note.split(" ")[0] for note in notes] == ["list.txt:2:", "list.txt:4:", "list.txt:5:"]
    assert "kind amv" in notes[2]


def test_terminal_escapes_in_a_line_do_not_reach_the_terminal(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("https://example.org/a.mp4\nhttp://x/\x1b[2J\n")
    assert "\x1b" not in listed(path)[1][0]


def test_a_csv_file_may_say_more_about_a_video(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "url,title,artist,duration_s,extra\n"
        'https://example.org/a.mp4,"One, two",Band,12.5,?\n'
        "https://example.org/b.mp4,,,,\n"
        "https://example.org/c.mp4,,,long,\n"
    )
    videos, notes = listed(path)
    assert (videos[0].title, videos[0].artist, videos[0].duration_s) == ("One, two", "Band", 12.5)
    assert (videos[1].title, videos[1].duration_s) == (None, None)
    assert len(videos) == 2
    assert notes[0].startswith("list.csv:4:")
    assert "duration_s" in notes[0]


def test_a_parquet_file_reads_like_a_csv_file(tmp_path):
    path = tmp_path / "list.parquet"
    rows = [
        {"url": "https://example.org/a.mp4", "title": "A", "duration_s": 3.0, "n": 1},
        {"url": None, "title": None, "duration_s": None, "n": 2},
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    videos, notes = listed(path)
    assert [(video.title, video.duration_s) for video in videos] == [("A", 3.0)]
    assert notes[0].startswith("list.parquet:2:")


def test_what_a_table_does_not_know_or_writes_otherwise(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "url,duration_s,upload_date\n"
        "https://example.org/a.mp4,nan,2024-01-31\n"
        "https://example.org/b.mp4,inf,20240131\n"
        "https://example.org/c.mp4,1,31.1.2024\n"
    )
    videos, notes = listed(path)
    assert [video.duration_s for video in videos] == [None, None]
    assert [video.upload_date for video in videos] == ["20240131", "20240131"]
    assert "upload_date is '31.1.2024'" in notes[0]


@pytest.mark.parametrize("suffix", ["txt", "csv", "parquet"])
def test_a_long_list_is_read_piece_by_piece(tmp_path, suffix):
    path = tmp_path / f"list.{suffix}"
    urls = [f"https://youtu.be/{n:011d}" for n in range(30_000)]
    if suffix == "parquet":
        pq.write_table(pa.table({"url": urls}), path)
    else:
        path.write_text("\n".join(["url" if suffix == "csv" else "#", *urls]))
    del urls
    source = Urls(path=path.name).list(asking(tmp_path))
    next(source)
    tracemalloc.start()
    try:
        assert sum(1 for _ in source) == 29_999
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_list_that_is_damaged_further_down_gives_what_is_before(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"https://example.org/a.mp4\n" * 1000 + b"\xff\n")
    source = Urls(path=path.name).list(asking(tmp_path))
    assert next(source)
    with pytest.raises(SourceError, match="cannot be read"):
        list(source)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"# nothing\n", "holds no address"),
        ("bad.txt", b"nothing here\n", "holds no address"),
        ("latin.txt", b"\xff\xfe\xfa", "cannot be read"),
        ("list.csv", b"link\nhttps://example.org/a.mp4\n", "no column `url`. Its columns: 'link'"),
        ("list.parquet", b"not parquet", "cannot be read"),
    ],
)
def test_a_useless_list_is_one_clear_line(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        listed(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_list_says_what_to_set(tmp_path):
    with pytest.raises(SourceError, match=r"There is no file .*gone\.txt: set `path`"):
        listed(tmp_path / "gone.txt")
