from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors.capture_time import read_capture_time


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF1234WEBP"]))
def test_no_bytes_make_the_reader_fail(data: bytes, start: bytes) -> None:
    taken_at = read_capture_time(start + data)
    assert taken_at is None or taken_at.tzinfo is UTC


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
