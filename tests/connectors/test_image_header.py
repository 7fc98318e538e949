from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors.image_header import PictureFormat, read_capture_time, read_header
from connectors.jpeg import BgrImage


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".jpg", PictureFormat.JPEG),
        (".png", PictureFormat.PNG),
        (".bmp", PictureFormat.BMP),
        (".webp", PictureFormat.WEBP),
    ],
)
def test_format_and_size_are_read_without_decoding(
    suffix: str, kind: PictureFormat, image: Callable[[int], BgrImage]
) -> None:
    data = cv2.imencode(suffix, image(3))[1].tobytes()
    header = read_header(data)
    assert header is not None
    assert (header.format, header.width, header.height, header.complete) == (kind, 160, 120, True)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_picture_without_its_end_is_not_complete(suffix: str, image: Callable[[int], BgrImage]) -> None:
    data = cv2.imencode(suffix, image(3))[1].tobytes()
    header = read_header(data[: len(data) // 2])
    assert header is None or not header.complete


def test_a_lossless_webp_and_a_progressive_jpeg_are_read(image: Callable[[int], BgrImage]) -> None:
    lossless = cv2.imencode(".webp", image(3), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    progressive = cv2.imencode(".jpg", image(3), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    for data in (lossless, progressive):
        header = read_header(data)
        assert header is not None
        assert (header.width, header.height, header.complete) == (160, 120, True)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF1234WEBP"]))
def test_no_bytes_make_the_reader_fail(data: bytes, start: bytes) -> None:
    read_header(start + data)
    read_capture_time(start + data)


def _with_exif(tags: dict[int, str]) -> bytes:
    exif = Image.Exif()
    exif[0x0132] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8769).update(tags)
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("tags", "taken_at"),
    [
        pytest.param({0x9003: "2026:03:04 05:06:07"}, datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), id="no-offset-is-utc"),
        pytest.param(
            {0x9003: "2026:03:04 05:06:07", 0x9011: "+02:00", 0x9291: "25"},
            datetime(2026, 3, 4, 3, 6, 7, 250_000, tzinfo=UTC),
            id="offset-and-fraction",
        ),
        pytest.param({}, datetime(2020, 1, 1, tzinfo=UTC), id="time-of-the-file-where-there-is-no-other"),
        pytest.param({0x9003: "0000:00:00 00:00:00"}, None, id="a-clock-that-was-never-set"),
    ],
)
def test_capture_time_comes_from_exif(tags: dict[int, str], taken_at: datetime | None) -> None:
    assert read_capture_time(_with_exif(tags)) == taken_at


def test_a_picture_without_exif_has_no_capture_time(jpeg: Callable[[int], bytes]) -> None:
    assert read_capture_time(jpeg(1)) is None
