"""The report's media: what an earlier report saves, and what of it is not trusted."""

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.audit import kept
from pipeline.audit.settings import Auditing
from tests.inputs import jpeg
from tests.pipeline.audit.audit_data import small
from tests.pipeline.audit.report_media import A0, A1, B, C, files, opened, sample, with_tar, write


def test_an_unchanged_tar_is_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(small(), tmp_path / "first", {A0})
    decoded = opened(monkeypatch)
    second = write(small(), tmp_path / "second", {A0}, earlier=tmp_path / "first")

    assert decoded == []
    assert second == first
    one, two = (tmp_path / name / first.frames[A0] for name in ("first", "second"))
    assert one.stat().st_ino == two.stat().st_ino


def test_without_hard_links_thumbnails_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(small(), tmp_path / "first")

    def refuse(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    decoded = opened(monkeypatch)
    assert write(small(), tmp_path / "second", earlier=tmp_path / "first") == first
    assert decoded == []
    assert files(tmp_path / "first") == files(tmp_path / "second")


def test_a_changed_tar_is_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(with_tar(tmp_path, [sample(n) for n in range(3)]), tmp_path / "first")
    changed = with_tar(tmp_path, [sample(n, jpeg(n + 7, (480, 320))) for n in range(3)])
    decoded = opened(monkeypatch)
    again = write(changed, tmp_path / "second", earlier=tmp_path / "first")
    write(changed, tmp_path / "third")

    assert len(decoded) == 6
    assert files(tmp_path / "second") == files(tmp_path / "third")
    assert again.facts.frames == 3


def test_a_clip_that_is_gone_is_not_taken_over(tmp_path: Path) -> None:
    write(small(), tmp_path / "first")
    fewer = replace(small(), clips=[each for each in small().clips if each.clip_id != A1])
    media = write(fewer, tmp_path / "second", earlier=tmp_path / "first")

    assert media.frames.keys() == {A0, B, C}
    assert not [name for name in files(tmp_path / "second") if A1 in name]
    assert A1 not in (tmp_path / "second/media/train-000000/frames.json").read_text()


def test_what_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    write(replace(small(), tar=lambda shard: None), tmp_path / "first")
    media = write(small(), tmp_path / "second", earlier=tmp_path / "first")

    assert media.facts.unreadable == 0


def test_thumbnails_that_are_asked_for_later_are_made(tmp_path: Path) -> None:
    write(replace(small(), settings=Auditing(thumbnails=False)), tmp_path / "first", {A0})
    write(small(), tmp_path / "second", earlier=tmp_path / "first")
    write(small(), tmp_path / "third")

    assert files(tmp_path / "second") == files(tmp_path / "third")


def test_what_another_version_measured_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small(), tmp_path / "first")
    monkeypatch.setattr(kept, "VERSION", kept.VERSION + 1)
    decoded = opened(monkeypatch)
    write(small(), tmp_path / "second", earlier=tmp_path / "first")

    assert len(decoded) == 4


def test_thumbnails_that_are_no_longer_asked_for_stay_behind(tmp_path: Path) -> None:
    write(small(), tmp_path / "first")
    fewer = replace(small(), settings=Auditing(thumbnails=False))
    media = write(fewer, tmp_path / "second", {A0}, earlier=tmp_path / "first")
    write(fewer, tmp_path / "third", {A0})

    assert media.frames.keys() == {A0}
    assert files(tmp_path / "second") == files(tmp_path / "third")


def test_a_clip_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    data = small()
    twice = replace(data, clips=[*data.clips, *data.clips])
    write(twice, tmp_path / "first", {A0})
    media = write(twice, tmp_path / "second", {A0}, earlier=tmp_path / "first")

    assert media.facts.frames == 4
    assert files(tmp_path / "first") == files(tmp_path / "second")


@pytest.mark.parametrize(
    "thumbnail",
    [b"", b"shorter", None],
    ids=["empty", "cut off", "gone"],
)
def test_a_damaged_thumbnail_is_made_anew(tmp_path: Path, thumbnail: bytes | None) -> None:
    first = write(small(), tmp_path / "first")
    before = files(tmp_path / "first")
    path = tmp_path / "first" / first.frames[A0]
    path.unlink()
    if thumbnail is not None:
        path.write_bytes(thumbnail)
    write(small(), tmp_path / "second", earlier=tmp_path / "first")

    assert files(tmp_path / "second") == before


def test_a_link_in_the_place_of_a_thumbnail_is_not_followed(tmp_path: Path) -> None:
    first = write(small(), tmp_path / "first")
    path = tmp_path / "first" / first.frames[A0]
    size = path.stat().st_size
    (tmp_path / "secret").write_bytes(b"x" * size)
    plain = str(tmp_path / "secret")
    as_long_as_the_file = f"{tmp_path}{'/' * (size - len(plain))}/secret"
    for target in (plain, as_long_as_the_file):
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        second = tmp_path / f"second{len(target)}"
        write(small(), second, earlier=tmp_path / "first")

        assert not (second / first.frames[A0]).is_symlink()
        assert (second / first.frames[A0]).read_bytes()[:2] == b"\xff\xd8"


def edited(**changes: object) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        content = json.loads(path.read_bytes())
        for key, value in changes.items():
            if key in content["clips"][A0]:
                content["clips"][A0][key] = value
            else:
                content[key] = value
        path.write_text(json.dumps(content))

    return edit


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text("null"),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: os.truncate(path, 2**26 + 1),
        edited(tar="1" * 64),
        edited(version=0),
        edited(unknown=1),
        edited(clips=[]),
        edited(clips={"../../evil": {}}),
        edited(brightness=math.nan),
        edited(brightness=7.0),
        edited(sharpness=1e300),
        edited(sharpness="1" * 5000),
        edited(thumbnail=-1),
        edited(thumbnail=10**400),
        edited(thumbnail=3),
    ],
)
def test_a_damaged_or_hostile_list_is_not_taken_over(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    write(small(), tmp_path / "first")
    before = files(tmp_path / "first")
    damage(tmp_path / "first/media/train-000000/frames.json")
    write(small(), tmp_path / "second", earlier=tmp_path / "first")

    assert files(tmp_path / "second") == before


def test_a_report_of_another_kind_is_no_help_and_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first/media").write_text("a file")

    assert write(small(), tmp_path / "second", earlier=tmp_path / "first").facts.frames == 4
