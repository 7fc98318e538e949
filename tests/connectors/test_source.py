from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.source import CapturedFrame, redact_url


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        pytest.param("rtsp://admin:s3cret@10.0.0.7:554/a", "rtsp://…@10.0.0.7:554/a", id="user-and-password"),
        pytest.param("rtsp://admin@cam/a", "rtsp://…@cam/a", id="user-alone"),
        pytest.param("http://cam/a?token=s3cret", "http://cam/a?…", id="query"),
        pytest.param("rtsp://u:s3cret@[::1]:8554/a", "rtsp://…@[::1]:8554/a", id="ipv6"),
        pytest.param("rtsp://u:s3cret@cam:port/a", "rtsp://…", id="not-an-address"),
        pytest.param("clips/day.mp4", "clips/day.mp4", id="path"),
        pytest.param("rtsp://cam/a", "rtsp://cam/a", id="nothing-to-hide"),
        pytest.param("rtsp://u:p%40s3cret@cam/a", "rtsp://…@cam/a", id="escaped"),
    ],
)
def test_an_address_is_shown_without_its_credentials(address: str, shown: str) -> None:
    assert redact_url(address) == shown
    assert "s3cret" not in redact_url(address)


def test_a_frame_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        CapturedFrame(datetime(2026, 1, 1), b"x", 1, 1)  # noqa: DTZ001


def test_a_frame_without_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        CapturedFrame(datetime(2026, 1, 1, tzinfo=UTC), b"", 1, 1)
