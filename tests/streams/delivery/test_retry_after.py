from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.retry_after import seconds_until

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0.0, id="at-once"),
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 120 ", 120.0, id="blanks-around"),
        pytest.param("Wed, 25 Nov 2026 12:00:30 GMT", 30.0, id="date"),
        pytest.param("Wed, 25 Nov 2026 12:00:30 -0000", 30.0, id="date-without-zone-is-of-greenwich"),
        pytest.param("Wednesday, 25-Nov-26 12:00:30 GMT", 30.0, id="old-date"),
        pytest.param("Wed, 25 Nov 2026 11:00:00 GMT", 0.0, id="date-that-is-past"),
        pytest.param(None, None, id="no-header"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="word"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("9" * 400, None, id="endless-number"),
        pytest.param("٣", None, id="digits-of-another-script"),
        pytest.param("Wed, 99 Nov 2026 12:00:30 GMT", None, id="no-such-day"),
        pytest.param("1 Jan 99999999999999 00:00:00 GMT", None, id="year-without-end"),
    ],
)
def test_what_is_asked_for(value: str | None, seconds: float | None) -> None:
    assert seconds_until(value, NOW) == seconds


@given(st.integers(0, 10**6))
def test_a_date_asks_for_the_seconds_until_it(seconds: int) -> None:
    assert seconds_until(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW) == seconds


@given(st.text(max_size=60))
def test_whatever_stands_there_is_a_wait_or_nothing(value: str) -> None:
    wait = seconds_until(value, NOW)
    assert wait is None or wait >= 0
