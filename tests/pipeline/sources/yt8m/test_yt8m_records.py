import pytest

from pipeline.errors import SourceError
from pipeline.sources.yt8m_mv import Yt8mMv
from tests.pipeline.sources.asking import ask
from tests.pipeline.sources.yt8m.tfrecords import frame_level, framed, video_level
from tests.sites import Site

VOCABULARY = """Index,TrainVideoCount,KnowledgeGraphId,Name,WikiUrl
0,9,/m/03bt1gh,Game,
1,9,/m/01mw1,Video game,
2,9,/m/04rlf,Music,
7,9,/m/0mdxd,Music video,
8,9,/m/0381zh,Slide show,
"""
GAME, VIDEO_GAME, MUSIC, MUSIC_VIDEO, SLIDE_SHOW = 0, 1, 2, 7, 8
FIRST, SECOND = "aqz-KE-bpKQ", "dQw4w9WgXcQ"


@pytest.fixture
def site():
    with Site() as site:
        for pseudo_id, youtube_id in (("AAAA", FIRST), ("dd-D", SECOND)):
            path = f"/2/j/i/{pseudo_id[:2]}/{pseudo_id}.js"
            site.routes[path] = f'i("{pseudo_id}","{youtube_id}");'
        yield site


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "vocabulary.csv").write_text(VOCABULARY)
    (tmp_path / "yt8m").mkdir()
    return tmp_path / "yt8m"


def listed(site, folder, records="yt8m", **options):
    source = Yt8mMv(
        records=records,
        vocabulary="vocabulary.csv",
        base_url=site.url("/2/j"),
        lookups_per_second=1000.0,
        **options,
    )
    videos, notes = ask(source, folder.parent)
    return [(video.video_id.removeprefix("youtube-"), video.labels) for video in videos], notes


def test_labels_choose_the_videos_and_are_kept_as_names(site, folder):
    (folder / "train00.tfrecord").write_bytes(
        framed(
            video_level("AAAA", [MUSIC, MUSIC_VIDEO]),
            video_level("BBBB", [MUSIC]),
            video_level("CCCC", [MUSIC_VIDEO, VIDEO_GAME]),
            video_level("DDDD", [SLIDE_SHOW, MUSIC_VIDEO]),
            video_level("dd-D", [MUSIC_VIDEO]),
        )
    )
    found, notes = listed(site, folder)
    assert found == [(FIRST, ("Music", "Music video")), (SECOND, ("Music video",))]
    assert [path for path, _ in site.requests] == ["/2/j/i/AA/AAAA.js", "/2/j/i/dd/dd-D.js"]
    assert notes == []


@pytest.mark.parametrize(
    "record",
    [
        video_level("AAAA", [MUSIC_VIDEO]),
        video_level("AAAA", [MUSIC, MUSIC_VIDEO], packed=False, floats=1152),
        frame_level("AAAA", [MUSIC_VIDEO], frames=300, width=1152),
        video_level("AAAA", [MUSIC_VIDEO], key="video_id"),
        video_level(FIRST, [MUSIC_VIDEO], key="video_id"),
        frame_level(FIRST, [MUSIC_VIDEO], key="video_id"),
    ],
    ids=["video 2018", "unpacked", "frame 2018", "pseudo video_id", "video 2016", "frame 2016"],
)
def test_every_form_of_the_years_is_read(site, folder, record):
    (folder / "a.tfrecord").write_bytes(framed(record))
    assert [name for name, _ in listed(site, folder)[0]] == [FIRST]


def test_a_real_id_is_not_looked_up(site, folder):
    (folder / "a.tfrecord").write_bytes(framed(video_level(FIRST, [MUSIC_VIDEO], "video_id")))
    listed(site, folder)
    assert site.requests == []


def test_names_that_differ_in_case_only_are_two_files(site, folder):
    (folder / "trainbX.tfrecord").write_bytes(framed(video_level("AAAA", [MUSIC_VIDEO])))
    (folder / "trainBX.tfrecord").write_bytes(framed(video_level("dd-D", [MUSIC_VIDEO])))
    assert [name for name, _ in listed(site, folder)[0]] == [SECOND, FIRST]
    assert [name for name, _ in listed(site, folder, "yt8m/trainb*")[0]] == [FIRST]
    assert [name for name, _ in listed(site, folder, str(folder / "trainB*"))[0]] == [SECOND]


def test_a_video_in_two_files_is_listed_once(site, folder):
    data = framed(video_level("AAAA", [MUSIC_VIDEO]))
    (folder / "a.tfrecord").write_bytes(data)
    (folder / "b.tfrecord").write_bytes(data)
    assert len(listed(site, folder)[0]) == 1


def test_a_damaged_file_is_one_line_and_the_others_go_on(site, folder):
    whole = framed(video_level("AAAA", [MUSIC_VIDEO]), video_level("BBBB", [MUSIC_VIDEO]))
    (folder / "a.tfrecord").write_bytes(whole[:-9])
    (folder / "b.tfrecord").write_bytes(b"<html>")
    (folder / "c\x1b[2J.tfrecord").write_bytes(framed(b"\xff\xff not an example"))
    (folder / "d.tfrecord").write_bytes(framed(b""))
    (folder / "e.tfrecord").write_bytes(framed(video_level("dd-D", [MUSIC_VIDEO])))
    found, notes = listed(site, folder)
    assert [name for name, _ in found] == [FIRST, SECOND]
    assert [note.split(". The")[0] for note in notes] == [
        f"'a.tfrecord': truncated in the record at byte {len(whole) // 2}",
        "'b.tfrecord': truncated at byte 0",
        r"'c\x1b[2J.tfrecord': record 1 is no tf.Example",
        "'d.tfrecord': record 1 has no `id` and `labels`: it is not YouTube-8M's",
    ]
    assert all("download it again" in note for note in notes)


def test_an_id_that_is_a_path_is_noted_and_never_asked_for(site, folder):
    hostile = ["../../x", "A" * 5000, "", "AA\x1bA"]
    records = [video_level(name, [MUSIC_VIDEO]) for name in [*hostile, "AAAA"]]
    (folder / "a.tfrecord").write_bytes(framed(*records))
    found, notes = listed(site, folder)
    assert [name for name, _ in found] == [FIRST]
    assert [path for path, _ in site.requests] == ["/2/j/i/AA/AAAA.js"]
    assert len(notes) == len(hostile) + 1
    assert "\x1b" not in "".join(notes)


def test_a_vocabulary_of_another_year_is_refused(site, folder):
    (folder / "a.tfrecord").write_bytes(framed(video_level("AAAA", [MUSIC_VIDEO, 4715])))
    with pytest.raises(SourceError, match="use label 4715"):
        listed(site, folder)


def test_a_limit_stops_the_reading(site, folder):
    (folder / "a.tfrecord").write_bytes(
        framed(*[video_level(name, [MUSIC_VIDEO]) for name in ("AAAA", "dd-D")]) + b"damage"
    )
    found, notes = listed(site, folder, limit=1)
    assert [name for name, _ in found] == [FIRST]
    assert notes == ["yt8m_mv: the records were read up to 1 ids (`limit`)"]


def test_no_files_are_one_clear_line(site, folder):
    for records in ("yt8m", "yt8m/train*.tfrecord", "gone"):
        with pytest.raises(SourceError, match="There are no TFRecord files at"):
            listed(site, folder, records)
