"""Every newly listed video gets its song, its side of the split and its shard."""

from collections import defaultdict

import pytest

from pipeline.errors import SourceError
from pipeline.songs.sides import Splitting
from pipeline.sources.base import Listed
from pipeline.sources.listing import assign, place_again


def listed(name, **facts):
    facts = {"url": f"https://example.org/{name}", **facts}
    return Listed(video_id=f"site-{name}", site="site", **facts)


def many(count, first=0):
    return [("a", listed(f"v{n}")) for n in range(first, first + count)]


def place(
    videos, known=(), seed=1, eval_fraction=0.2, videos_per_shard=8, split_by="song", similarity=88
):
    splitting = Splitting(seed, eval_fraction, split_by)
    return assign(videos, known, splitting, similarity, videos_per_shard)


def titled(*titles, **facts):
    return [("a", listed(f"t{n}", title=title, **facts)) for n, title in enumerate(titles)]


def songs(result):
    return [video.song_id for video in result.videos]


def test_every_listed_video_is_new_known_or_repeated():
    first = place(many(5))
    again = place([*many(7), ("b", listed("v6"))], known=first.videos)
    assert (len(first.videos), first.known, first.repeated) == (5, 0, 0)
    assert (len(again.videos), again.known, again.repeated) == (2, 5, 1)


def test_the_first_source_to_list_a_video_keeps_it():
    result = place([("a", listed("x", title="A")), ("b", listed("x", title="B"))])
    assert [(video.source, video.title) for video in result.videos] == [("a", "A")]


def test_one_address_under_two_ids_is_one_video():
    twin = listed("y", url="https://example.org/x")
    assert place([("a", listed("x")), ("a", twin)]).repeated == 1
    assert place([("a", twin)], known=place([("a", listed("x"))]).videos).known == 1


def test_shards_are_full_of_one_split_each_and_numbered_from_zero():
    videos = place(many(100)).videos
    shards = defaultdict(list)
    for video in videos:
        shards[video.shard].append(video.split)
    assert all(len(set(splits)) == 1 for splits in shards.values())
    assert all(shard.startswith(splits[0]) for shard, splits in shards.items())
    train = sorted(shard for shard in shards if shard.startswith("train"))
    assert train == [f"train-{n:06d}" for n in range(len(train))]
    assert [len(shards[shard]) for shard in train[:-1]] == [8] * (len(train) - 1)


def test_new_videos_get_new_shards_and_nothing_moves():
    first = place(many(20))
    more = place(many(50), known=first.videos)
    old = {video.shard for video in first.videos}
    new = {video.shard for video in more.videos}
    assert not old & new
    assert min(shard for shard in new if shard.startswith("train")) > max(
        shard for shard in old if shard.startswith("train")
    )


def test_the_same_list_gives_the_same_places_whatever_stands_around():
    alone = {video.video_id: video.split for video in place(many(40)).videos}
    reversed_list = {video.video_id: video.split for video in place(many(80)[::-1]).videos}
    assert all(reversed_list[name] == split for name, split in alone.items())
    assert list(place(many(40)).videos) == list(place(many(40)).videos)


def test_the_seed_decides_the_split_and_the_fraction_holds():
    one, two = (place(many(2000), seed=seed).videos for seed in (1, 2))
    assert [video.split for video in one] != [video.split for video in two]
    share = sum(video.split == "eval" for video in one) / len(one)
    assert 0.17 < share < 0.23
    assert {video.split for video in place(many(50), eval_fraction=0).videos} == {"train"}


def test_one_song_has_one_id_and_side_however_it_is_written():
    same = [
        listed("a", artist="Beyoncé", title="HALO "),
        listed("b", artist="BEYONCÉ", track="Halo", title="Beyoncé - Halo (Video)"),
        listed("c", artist="Beyonce\u0301", title="halo"),
        listed("d", title="\uff28\uff41\uff4c\uff4f / Beyoncé (Live)"),
        listed("e", title="Beyoncé - Halo [Nightcore]"),
    ]
    result = place([("a", video) for video in same])
    assert len(set(songs(result))) == 1
    assert len({video.split for video in result.videos}) == 1


def test_a_video_without_artist_or_title_is_a_song_of_its_own():
    alone = [listed("a", title="Halo"), listed("b", title="Halo"), listed("c", artist="Beyoncé")]
    assert songs(place([("s", video) for video in alone])) == ["site-a", "site-b", "site-c"]


def test_a_song_keeps_its_id_when_other_spellings_come_later():
    first = place(titled("Adele - Rolling in the Deep"))
    spelt = [("a", listed("x", title="Adele - Rollin in the Deep (Cover)"))]
    later = place(spelt, known=first.videos)
    assert songs(later) == songs(first)
    more = [("a", listed("y", title="rolling in the deep by Adele"))]
    assert songs(place(more, known=[*later.videos, *first.videos])) == songs(first)


def test_what_the_site_left_open_comes_from_the_title_and_the_title_stays_raw():
    raw = "Adele - Hello (Official Video) [Live]"
    (video,) = place(titled(raw)).videos
    assert (video.artist, video.track, video.title) == ("Adele", "Hello", raw)
    assert video.versions == ["live"]
    (own,) = place([("a", listed("x", title="A - B", artist="ADELE", track="HELLO"))]).videos
    assert (own.artist, own.track) == ("ADELE", "HELLO")


def test_each_video_that_joined_a_song_says_which_and_how_surely():
    result = place(titled("Adele - Hello", "Adele - Skyfall", "HELLO - ADELE", "Adele - Skyfal"))
    rows = {row.video_id: row for row in result.matches()}
    assert set(rows) == {"site-t2", "site-t3"}
    assert (rows["site-t2"].other_id, rows["site-t2"].score) == ("site-t0", 100)
    assert (rows["site-t3"].other_id, rows["site-t3"].threshold) == ("site-t1", 88)
    assert 88 < rows["site-t3"].score < 100
    assert {(row.by, row.consequence) for row in rows.values()} == {("title", "same_song")}


def test_a_later_listing_matches_the_first_video_of_a_known_song():
    first = place(titled("Adele - Helo", "Adele - Hello"))
    again = place([("a", listed("x", title="Adele - Hello"))], known=first.videos[::-1])
    (row,) = again.matches()
    assert row.other_id == "site-t0"
    assert row.song_id == songs(first)[0]


def test_videos_of_one_song_get_neighbouring_places():
    many_songs = [f"Band {n} - Some Song" for n in "abcdefghijklmnopqrst"]
    result = place(titled(*many_songs, *many_songs), videos_per_shard=4, eval_fraction=0)
    assert songs(result)[0::2] == songs(result)[1::2]
    assert all(
        one.shard == two.shard
        for one, two in zip(result.videos[0::2], result.videos[1::2], strict=True)
    )


def test_shards_are_written_in_order_with_their_matches_first():
    result = place(titled("A B - C D", "A B - C D", "E F - G H"), videos_per_shard=2)
    parts = [(table.name, shard) for table, shard, _ in result.parts()]
    assert [name for name, _ in parts] == ["matches", "videos"] * (len(parts) // 2)
    assert [shard for _, shard in parts] == sorted(shard for _, shard in parts)
    rows = [row for table, _, rows in result.parts() if table.name == "videos" for row in rows]
    assert sorted(row.video_id for row in rows) == sorted(v.video_id for v in result.videos)


@pytest.mark.parametrize("split_by", ["song", "artist", "channel"])
def test_no_song_is_on_two_sides_whatever_is_listed_when(split_by):
    titles = [f"Band {n % 7} - Song Number {n % 20}" for n in range(60)]
    videos = [
        ("a", listed(f"v{n}", title=title, channel=f"c{n % 9}")) for n, title in enumerate(titles)
    ]
    held = []
    for start in range(0, 60, 15):
        held += place(videos[start : start + 15], held, 1, 0.4, split_by=split_by).videos
    sides = defaultdict(set)
    for video in held:
        sides[video.song_id].add(video.split)
    assert all(len(found) == 1 for found in sides.values())


def test_a_video_that_is_tried_again_keeps_its_song_and_side():
    first = place(titled("Adele - Hello", "Adele - Hello (Live)")).videos
    again = place_again(first, {video.shard for video in first}, 8)
    assert [(v.song_id, v.split) for v in again] == [(v.song_id, v.split) for v in first]
    assert not {v.shard for v in again} & {v.shard for v in first}
    more = place([("a", listed("x", title="Adele - Hello"))], known=[*first, *again])
    assert songs(more) == songs(place(titled("Adele - Hello")))


def test_a_known_song_keeps_its_side_when_the_fraction_changes():
    songs = [("a", listed(f"v{n}", artist=f"{n}", title="t")) for n in range(60)]
    covers = [("a", listed(f"w{n}", artist=f"{n}", title="T")) for n in range(60)]
    first = place(songs, eval_fraction=0.5).videos
    later = place(covers, known=first, eval_fraction=0.05).videos
    assert [video.split for video in later] == [video.split for video in first]


def test_two_local_files_never_share_an_id_in_silence():
    clash = [("a", listed("x", url="/one/x.mp4")), ("b", listed("x", url="/two/x.mp4"))]
    with pytest.raises(SourceError, match="set another `site`"):
        place(clash)


def test_hostile_text_can_be_stored():
    video = place([("a", listed("x", title="a\ud800b"))]).videos[0]
    assert video.title == "a?b"


@pytest.mark.parametrize("side", ["eval", "train"])
def test_a_video_that_was_dropped_for_its_side_does_not_tell_the_songs_side(side):
    (kept,) = place(titled("Adele - Hello")).videos
    other = "train" if side == "eval" else "eval"
    kept = kept.model_copy(update={"split": side, "shard": f"{side}-000000"})
    gone = {"video_id": "site-gone", "url": "u", "split": other, "shard": f"{other}-000000"}
    gone |= {"listed_song_id": "site-gone"}
    known = sorted([kept, kept.model_copy(update=gone)], key=lambda video: video.shard)
    new = [("a", listed("new", title="Adele - Hello"))]
    (placed,) = assign(new, known, Splitting(1, 0.2), 88, 8).videos
    assert (placed.song_id, placed.split) == (kept.song_id, side)
