"""Thumbnails: small, never enlarged, and safe with what comes from outside."""

import io
import re
import struct

import numpy as np
import pytest
from PIL import Image

from pipeline.audit.thumbnails import WIDTH, encode_small, open_small, safe_name
from tests.inputs import jpeg


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        return image.size


def small(data: bytes) -> bytes:
    picture = open_small(data)
    assert picture is not None
    return encode_small(picture)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 320), (256, 171)),
        ((910, 512), (256, 144)),
        ((512, 910), (144, 256)),
        ((96, 64), (96, 64)),
        ((1000, 40), (256, 10)),
    ],
)
def test_the_longest_side_is_256_pixels_and_nothing_is_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert size_of(small(jpeg(1, size))) == expected


def test_pictures_are_measured_at_one_width_upright_or_not() -> None:
    for size in ((910, 512), (512, 910)):
        picture = open_small(jpeg(1, size))
        assert picture is not None
        assert picture.width == WIDTH


def test_the_small_picture_shows_what_the_frame_shows() -> None:
    frame = jpeg(3, (640, 360))
    with Image.open(io.BytesIO(frame)) as image:
        wanted = np.asarray(image.resize((256, 144), Image.Resampling.BOX), np.float32)
    with Image.open(io.BytesIO(small(frame))) as image:
        found = np.asarray(image, np.float32)

    assert np.abs(found - wanted).mean() < 4


def test_comments_and_profiles_stay_outside() -> None:
    out = io.BytesIO()
    Image.new("RGB", (600, 400), "red").save(
        out, "JPEG", comment=b"<script>", icc_profile=b"profile", exif=b"Exif\0\0secret"
    )

    for words in (b"<script>", b"profile", b"secret"):
        assert words in out.getvalue()
        assert words not in small(out.getvalue())


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colour_spaces_become_rgb(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 200)).save(out, "JPEG")

    picture = open_small(out.getvalue())
    assert picture is not None
    assert picture.mode == "RGB"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(30_000, 30_000), (65_535, 65_535), (30_000, 5_000)])
def test_a_picture_that_claims_to_be_huge_is_not_decoded(size: tuple[int, int]) -> None:
    data = bytearray(jpeg(1))
    header = data.index(b"\xff\xc0")
    data[header + 5 : header + 9] = struct.pack(">HH", size[1], size[0])

    assert open_small(bytes(data)) is None


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", jpeg(1)[:200], jpeg(1)[:-300], b"GIF89a" + b"\0" * 40]
)
def test_a_damaged_picture_gives_none(data: bytes) -> None:
    assert open_small(data) is None


def test_no_flipped_bit_escapes() -> None:
    frame = jpeg(1)
    random = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(frame)
        for place in random.integers(0, len(data), 5):
            data[place] ^= 1 << int(random.integers(8))
        picture = open_small(bytes(data))
        assert picture is None or picture.width <= WIDTH


@pytest.mark.parametrize(
    "clip_id", ["../../etc/passwd", "a/b", "C:\\x", "a\x00b", "-rf", "x" * 999]
)
def test_file_names_are_safe(clip_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", safe_name(clip_id))


def test_file_names_differ_where_only_case_does() -> None:
    assert safe_name("youtube-abc").lower() != safe_name("youtube-ABC").lower()
