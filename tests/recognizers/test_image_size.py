"""Sizes are taken from headers alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.image_size import image_size


def encoded(suffix: str, width: int = 37, height: int = 21) -> bytes:
    picture = np.tile(np.arange(width, dtype=np.uint8) * 5, (height, 1))
    done, data = cv2.imencode(suffix, picture)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_size_is_read_from_the_header(suffix: str) -> None:
    size = image_size(encoded(suffix))
    assert size is not None
    assert (size.width, size.height, size.complete) == (37, 21, True)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_cut_off_picture_is_known_as_such(suffix: str) -> None:
    data = encoded(suffix)
    size = image_size(data[: len(data) - 20])
    assert size is not None
    assert not size.complete


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_no_prefix_of_a_picture_raises(suffix: str) -> None:
    data = encoded(suffix)
    for length in range(len(data)):
        size = image_size(data[:length])
        assert size is None or not size.complete or length > len(data) - 16


def test_the_end_of_a_thumbnail_does_not_count_as_the_end_of_the_picture() -> None:
    data = encoded(".jpg")
    thumbnail = b"\xff\xe1\x00\x08\xff\xd8\xff\xd9\x00\x00"
    size = image_size((data[:2] + thumbnail + data[2:])[:-20])
    assert size is not None
    assert not size.complete


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello, world", id="text"),
        pytest.param(b"\xff\xd8", id="jpeg-start-alone"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPABCD" + bytes(30), id="webp-of-unknown-kind"),
    ],
)
def test_what_is_no_picture_has_no_size(data: bytes) -> None:
    assert image_size(data) is None
