"""The wait that an HTTP answer asks for: `Retry-After`, RFC 9110, 10.2.3."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,9}")


def seconds_until(value: str | None, now: datetime) -> float | None:
    """Seconds from now, never below 0; None where there is no such header, or none that can be read.

    Args:
        value: of the header: a number of seconds, or a date of HTTP.
        now: aware.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # HTTP's dates are of Greenwich, whatever zone they fail to name.
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
