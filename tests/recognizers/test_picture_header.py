"""Format and size are taken from headers alone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.picture_header import PictureFormat, read_header


def encoded(suffix: str, options: Sequence[int] = ()) -> bytes:
    picture = np.tile(np.arange(37, dtype=np.uint8) * 5, (21, 1))
    done, data = cv2.imencode(suffix, picture, list(options))
    assert done
    return data.tobytes()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".jpg", PictureFormat.JPEG),
        (".png", PictureFormat.PNG),
        (".bmp", PictureFormat.BMP),
        (".webp", PictureFormat.WEBP),
    ],
)
def test_format_and_size_are_read_without_decoding(suffix: str, kind: PictureFormat) -> None:
    header = read_header(encoded(suffix))
    assert header is not None
    assert (header.format, header.width, header.height, header.complete) == (kind, 37, 21, True)


def test_a_lossless_webp_and_a_progressive_jpeg_are_read() -> None:
    lossless = encoded(".webp", options=[cv2.IMWRITE_WEBP_QUALITY, 101])
    progressive = encoded(".jpg", options=[cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    for data in (lossless, progressive):
        header = read_header(data)
        assert header is not None
        assert (header.width, header.height, header.complete) == (37, 21, True)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF1234WEBP"]))
def test_no_bytes_make_the_reader_fail(data: bytes, start: bytes) -> None:
    header = read_header(start + data)
    assert header is None or not header.complete or len(start + data) > 20


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_cut_off_picture_is_known_as_such(suffix: str) -> None:
    data = encoded(suffix)
    header = read_header(data[: len(data) - 20])
    assert header is not None
    assert not header.complete


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_no_prefix_of_a_picture_raises(suffix: str) -> None:
    data = encoded(suffix)
    for length in range(len(data)):
        header = read_header(data[:length])
        assert header is None or not header.complete or length > len(data) - 16


def test_the_end_of_a_thumbnail_does_not_count_as_the_end_of_the_picture() -> None:
    data = encoded(".jpg")
    thumbnail = b"\xff\xe1\x00\x08\xff\xd8\xff\xd9\x00\x00"
    header = read_header((data[:2] + thumbnail + data[2:])[:-20])
    assert header is not None
    assert not header.complete


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello, world", id="text"),
        pytest.param(b"\xff\xd8", id="jpeg-start-alone"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPABCD" + bytes(30), id="webp-of-unknown-kind"),
    ],
)
def test_what_is_no_picture_has_no_header(data: bytes) -> None:
    assert read_header(data) is None
