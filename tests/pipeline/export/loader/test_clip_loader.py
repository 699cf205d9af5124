"""What a trainer gets, also after it was killed."""

import gc
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import DatasetError
from pipeline.export.loader import ClipLoader
from tests.pipeline.export.loader.loader_tars import (
    SECONDS,
    clip_name,
    declare,
    files_of,
    make_export,
    picture,
    write_tar,
)

TOTAL = 14


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return make_export(tmp_path / "out")


@pytest.fixture(autouse=True)
def _no_loader_is_left() -> Iterator[None]:
    """What pytest.raises keeps alive would else be found as garbage in a worker of a later test."""
    yield
    gc.collect()


def ids(batches) -> list[list[str]]:
    return [batch.clip_id for batch in batches]


def change_clip(export: Path, number: int, **parts: bytes) -> Path:
    """Give one clip other files, and declare the tar anew."""
    path = export / "small-train-000000.tar"
    files = {each: files_of(each) | (parts if each == number else {}) for each in range(5)}
    write_tar(
        path,
        {f"{clip_name(n)}.{ext}": data for n, own in files.items() for ext, data in own.items()},
    )
    manifest = json.loads((export / "export.json").read_text())
    manifest["files"][0]["bytes"] = path.stat().st_size
    (export / "export.json").write_text(json.dumps(manifest))
    return path


def test_a_batch_is_sound_picture_prompt_and_id(export: Path) -> None:
    (batch, *_) = ClipLoader(export, batch_size=3, shuffle=False, image_size=16, meta=True)
    assert batch.clip_id == [clip_name(n) for n in range(3)]
    assert batch.prompt == ["prompt 0", "prompt 1", "prompt 2"]
    assert (batch.audio.dtype, batch.image.dtype) == (torch.float32, torch.uint8)
    assert batch.image.shape == (3, 3, 16, 16)
    for number in range(3):
        assert batch.audio[number].numpy() == pytest.approx(32 * number / 32768)
        assert set(batch.image[number].flatten().tolist()) == {number}
        assert batch.meta[number]["clip_id"] == clip_name(number)
    assert len(batch) == 3


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_audio_has_the_rate_that_was_asked(export: Path, rate: int) -> None:
    batch = next(iter(ClipLoader(export, batch_size=4, rate=rate)))
    assert batch.audio.shape == (4, round(SECONDS * rate))


def test_the_middle_of_a_frame_is_kept(export: Path) -> None:
    from io import BytesIO

    from PIL import Image

    wide = Image.new("RGB", (90, 30), (255, 0, 0))
    wide.paste((0, 0, 255), (30, 0, 60, 30))
    out = BytesIO()
    wide.save(out, "JPEG", quality=95, subsampling=0)
    change_clip(export, 0, jpg=out.getvalue())
    batch = next(iter(ClipLoader(export, batch_size=1, shuffle=False, image_size=10)))
    assert np.allclose(batch.image[0, :, 1:-1, 1:-1].numpy().T, (0, 0, 255), atol=12)


@pytest.mark.parametrize(("workers", "method"), [(1, None), (2, "fork"), (2, "spawn")])
def test_workers_change_nothing(export: Path, workers: int, method: str | None) -> None:
    alone = ClipLoader(export, batch_size=2)
    shared = ClipLoader(export, batch_size=2, workers=workers, start_method=method)
    for _ in range(2):
        one, two = list(alone), list(shared)
        assert ids(one) == ids(two)
        assert all(torch.equal(a.audio, b.audio) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop", [1, 4, 7, 9])
def test_a_killed_trainer_goes_on_with_the_next_batch(
    export: Path, workers: int, stop: int
) -> None:
    undisturbed = ClipLoader(export, batch_size=2, seed=5)
    expected = [batch for _ in range(3) for batch in ids(undisturbed)]
    killed = ClipLoader(export, batch_size=2, seed=5, workers=workers)
    given: list[list[str]] = []
    while len(given) < stop:
        given += ids(islice(killed, stop - len(given)))
    state = json.loads(json.dumps(killed.state_dict()))
    resumed = ClipLoader(export, batch_size=2, seed=5, workers=2 - workers)
    resumed.load_state_dict(state)
    rest = [batch for _ in range(resumed.epoch, 3) for batch in ids(resumed)]
    assert given + rest == expected


def test_a_state_counts_what_was_given_and_not_what_was_prepared(export: Path) -> None:
    loader = ClipLoader(export, batch_size=2, workers=2)
    batches = iter(loader)
    assert loader.state_dict()["batch"] == 0
    next(batches)
    assert loader.state_dict()["batch"] == 1


def test_what_was_given_is_not_decoded_again(export: Path) -> None:
    first = ClipLoader(export, batch_size=1, shuffle=False)
    next(batches := iter(first))
    next(batches)
    change_clip(export, 0, flac=b"broken")
    again = ClipLoader(export, batch_size=1, shuffle=False)
    again.load_state_dict(first.state_dict())
    assert len(list(again)) == TOTAL - 2


def test_one_state_serves_all_ranks(export: Path) -> None:
    def of(rank: int) -> ClipLoader:
        return ClipLoader(export, batch_size=2, rank=rank, world=2)

    first = of(0)
    next(iter(first))
    for rank in (0, 1):
        expected = ids(of(rank))[1:]
        resumed = of(rank)
        resumed.load_state_dict(first.state_dict())
        assert ids(resumed) == expected


def test_an_iteration_that_was_broken_off_goes_on(export: Path) -> None:
    expected = ids(ClipLoader(export, batch_size=2))
    for workers in (0, 2):
        loader = ClipLoader(export, batch_size=2, workers=workers)
        assert ids(islice(loader, 3)) + ids(loader) == expected


def test_two_iterations_at_once_are_refused(export: Path) -> None:
    loader = ClipLoader(export, batch_size=2)
    first = iter(loader)
    next(first)
    next(iter(loader))
    with pytest.raises(RuntimeError, match="another iteration"):
        next(first)


def test_the_trainers_random_numbers_are_left_alone(export: Path) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(ClipLoader(export, batch_size=2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("other", "named"),
    [({"world": 2}, "`world` = 1"), ({"seed": 1}, "`seed` = 0"), ({"batch_size": 1}, "batch_size")],
)
def test_a_state_of_another_order_is_refused(export: Path, other: dict, named: str) -> None:
    state = ClipLoader(export, batch_size=2).state_dict()
    with pytest.raises(DatasetError, match=named):
        ClipLoader(export, **{"batch_size": 2, **other}).load_state_dict(state)


def test_a_state_of_another_export_is_refused(export: Path, tmp_path: Path) -> None:
    state = ClipLoader(export, batch_size=2).state_dict()
    other = make_export(tmp_path / "other", (5, 3, 5))
    with pytest.raises(DatasetError, match="another export"):
        ClipLoader(other, batch_size=2).load_state_dict(state)


@pytest.mark.parametrize("change", [{"batch": 99}, {"batch": -1}, {"epoch": -1}, {"epoch": "x"}])
def test_a_state_that_names_no_batch_is_refused(export: Path, change: dict) -> None:
    loader = ClipLoader(export, batch_size=2)
    with pytest.raises((DatasetError, ValueError)):
        loader.load_state_dict(loader.state_dict() | change)
    assert (loader.epoch, loader.state_dict()["batch"]) == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"rank": 1}, {"world": 0}, {"workers": -1}, {"rate": 0}, {"seed": -1},
     {"image_size": 0}, {"window": 0}, {"batch_size": True}],
)  # fmt: skip
def test_an_argument_out_of_range_is_named(export: Path, wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` is"):
        ClipLoader(export, **{"batch_size": 2, **wrong})


@pytest.mark.parametrize(
    "parts",
    [{"flac": b"broken"}, {"jpg": b"broken"}, {"json": b"{"}, {"json": b"[]"}, {"json": b"{}"},
     {"txt": b"\xff"}, {"jpg": picture(1)[:-300]}],
    ids=lambda parts: f"{next(iter(parts))} {len(next(iter(parts.values())))}",
)  # fmt: skip
def test_a_damaged_clip_is_named_with_its_file(export: Path, parts: dict) -> None:
    path = change_clip(export, 1, **parts)
    with pytest.raises(DatasetError) as caught:
        list(ClipLoader(export, batch_size=2))
    assert clip_name(1) in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damage_in_a_worker_is_the_same_line(export: Path) -> None:
    change_clip(export, 1, flac=b"broken")
    said = []
    for workers in (0, 2):
        with pytest.raises(DatasetError) as caught:
            list(ClipLoader(export, batch_size=2, workers=workers))
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_sound_that_ends_early_is_damage(export: Path) -> None:
    from tests.pipeline.export.loader.loader_tars import tone

    change_clip(export, 1, flac=tone(1, SECONDS / 2))
    with pytest.raises(DatasetError, match=r"2,400 samples instead of 4,800"):
        list(ClipLoader(export, batch_size=2))


def test_frames_of_several_sizes_need_one(export: Path) -> None:
    change_clip(export, 1, jpg=picture(1, (20, 50)))
    with pytest.raises(DatasetError, match="set `image_size`"):
        list(ClipLoader(export, batch_size=14, drop_last=False))
    assert list(ClipLoader(export, batch_size=14, image_size=8))


def test_a_tar_that_was_cut_short_is_noticed_at_once(export: Path) -> None:
    path = export / "small-train-000001.tar"
    path.write_bytes(path.read_bytes()[:-512])
    with pytest.raises(DatasetError, match=r"000001\.tar has .* copy it again"):
        ClipLoader(export, batch_size=2)


def test_a_tar_whose_headers_are_damaged_is_to_be_copied_again(export: Path) -> None:
    path = export / "small-train-000001.tar"
    path.write_bytes(b"n" * path.stat().st_size)
    with pytest.raises(DatasetError, match=r"000001\.tar` cannot be read .* copy it again"):
        list(ClipLoader(export, batch_size=2))


def test_a_tar_with_other_clips_than_declared_is_noticed(export: Path) -> None:
    manifest = json.loads((export / "export.json").read_text())
    manifest["files"][0]["clips"] = 6
    (export / "export.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="holds 5 clips, but its export declares 6"):
        list(ClipLoader(export, batch_size=2))


def test_what_is_no_webdataset_export_is_refused(export: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no export"):
        ClipLoader(tmp_path, batch_size=2)
    with pytest.raises(DatasetError, match="It has: train"):
        ClipLoader(export, "eval", batch_size=2)
    with pytest.raises(DatasetError, match="too few for a batch of 20"):
        ClipLoader(export, batch_size=20)
    declare(export, [], format="parquet")
    with pytest.raises(DatasetError, match="is a parquet export"):
        ClipLoader(export, batch_size=2)


def test_tars_elsewhere_are_never_opened(export: Path) -> None:
    manifest = json.loads((export / "export.json").read_text())
    manifest["files"][0]["file"] = "../small-train-000000.tar"
    (export / "export.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="no file in it"):
        ClipLoader(export, batch_size=2)
