import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from pipeline.acquire.fetch import Pace, fetch_videos
from pipeline.acquire.settings import Fetching
from pipeline.errors import SessionBlocked
from schemas.media import Media
from schemas.video import Video
from tests.sites import Site
from tests.videos import make_video

QUICK = Fetching(retries=0, socket_timeout=2, gap_seconds=0)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "song.mp4", 3)


@pytest.fixture
def site(song):
    data = song.read_bytes()
    with Site({f"/{n}.mp4": data for n in range(4)}) as site:
        yield site


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "media" / "train-000000"


def a_video(name, url):
    return Video(video_id=name, source="s", url=url, song_id="x", split="train", shard="train-0")


def videos_on(site, count=4):
    return [a_video(f"here-{n}", site.url(f"/{n}.mp4")) for n in range(count)]


def fetch(videos, folder, **options):
    done = []
    media = fetch_videos(videos, folder, QUICK, done.append, **options)
    return media, done


def test_each_video_ends_as_one_outcome_in_order(site, folder):
    site.routes["/2.mp4"] = 404
    media, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in media] == ["here-0", "here-1", "here-2", "here-3"]
    assert [row.status for row in media] == ["ok", "ok", "permanent", "ok"]
    assert done == media


def test_a_second_run_asks_for_nothing_and_says_the_same(site, folder):
    site.routes["/2.mp4"] = 404
    media, _ = fetch(videos_on(site), folder)
    asked = len(site.requests)
    again, done = fetch(videos_on(site), folder)
    assert (again, done) == (media, [])
    assert len(site.requests) == asked


def test_a_record_is_written_before_the_next_video_is_asked(site, folder):
    seen = []
    fetch_videos(
        videos_on(site),
        folder,
        QUICK,
        lambda media: seen.append((folder / f"{media.video_id}.json").is_file()),
    )
    assert seen == [True] * 4


def test_a_damaged_record_or_a_lost_file_is_fetched_again(site, folder):
    media, _ = fetch(videos_on(site), folder)
    (folder / "here-0.json").write_text('{"video_id": "here-')
    (folder.parent.parent / media[1].file).unlink()
    again, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in done] == ["here-0", "here-1"]
    assert [row.sha256 for row in again] == [row.sha256 for row in media]


def test_a_block_stops_all_asking_and_keeps_what_there_is(site, folder):
    site.routes["/1.mp4"] = 429
    with pytest.raises(SessionBlocked, match=r"^here asks us to stop \(http_429\)"):
        fetch(videos_on(site), folder)
    assert [path.name for path in folder.glob("*.json")] == ["here-0.json"]
    assert site.asked("/2.mp4") == []
    site.routes["/1.mp4"] = site.routes["/0.mp4"]
    media, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in done] == ["here-1", "here-2", "here-3"]
    assert {row.status for row in media} == {"ok"}


def test_stopping_keeps_what_is_finished(site, folder):
    stop = threading.Event()
    media = fetch_videos(videos_on(site), folder, QUICK, lambda _: stop.set(), stop)
    assert [row.video_id for row in media] == ["here-0"]
    assert site.asked("/1.mp4") == []


def test_stopping_ends_a_wait(site, folder):
    slow = QUICK.model_copy(update={"gap_seconds": 3600.0})
    stop = threading.Event()
    media = fetch_videos(
        videos_on(site), folder, slow, lambda _: threading.Timer(0.1, stop.set).start(), stop
    )
    assert len(media) == 1


def test_a_local_file_is_adopted_without_a_gap(song, folder):
    slow = QUICK.model_copy(update={"gap_seconds": 3600.0})
    videos = [a_video(f"folder-{n}", str(song)) for n in range(3)]
    media = fetch_videos(videos, folder, slow, lambda _: None)
    assert [row.file for row in media] == [str(song)] * 3
    assert song.exists()


def test_gaps_are_kept_for_each_site_and_vary():
    pace = Pace(10)
    videos = [a_video(f"one-{n}", "http://one/") for n in range(50)]
    assert pace.wait_s(videos[0], clock=100) == 0
    pace.asked(videos[0], clock=100)
    waits = [pace.wait_s(video, clock=102) for video in videos]
    assert all(3 <= wait <= 13 for wait in waits)
    assert max(waits) - min(waits) > 5
    assert pace.wait_s(a_video("two-1", "http://two/"), clock=102) == 0
    assert pace.wait_s(videos[1], clock=200) == 0


def test_a_killed_run_goes_on_where_it_stopped(site, folder, song):
    data = song.read_bytes()
    site.routes["/1.mp4"] = [data, "hang"]
    videos = videos_on(site)
    program = (
        "import json, sys; from pathlib import Path;"
        "from pipeline.acquire.fetch import fetch_videos;"
        "from pipeline.acquire.settings import Fetching; from schemas.video import Video;"
        "videos = [Video.model_validate(each) for each in json.loads(sys.argv[1])];"
        "slow = Fetching(gap_seconds=0, socket_timeout=60);"
        "fetch_videos(videos, Path(sys.argv[2]), slow, lambda media: None)"
    )
    listed = json.dumps([video.model_dump() for video in videos])
    process = subprocess.Popen([sys.executable, "-c", program, listed, str(folder)])
    deadline = time.monotonic() + 60
    while len(site.asked("/1.mp4")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert [path.name for path in folder.glob("*.json")] == ["here-0.json"]
    site.routes["/1.mp4"] = data
    media, done = fetch(videos, folder)
    assert [row.video_id for row in done] == ["here-1", "here-2", "here-3"]
    assert len(site.asked("/0.mp4")) == 2
    assert len({row.sha256 for row in media}) == 1
    assert Media.model_validate_json((folder / "here-1.json").read_bytes()) == media[1]
