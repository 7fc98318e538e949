"""Parts of a subscription as people write them at the command line: circles, shifts, and texts in files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import Circle, Schedule, Shift, Weekday
from streams.records import GeoPoint

_DAYS = tuple(Weekday)
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)")


def circle_of(text: str) -> Circle:
    """The circle in a text such as `38.25,-85.76,2000`: latitude, longitude, metres.

    Raises:
        SubscriptionRefusedError: it is none.
    """
    try:
        lat, lon, radius_m = map(float, text.split(","))
    except ValueError:
        msg = f"{text!r} is no circle; write latitude,longitude,metres, as in 38.25,-85.76,2000"
        raise SubscriptionRefusedError(msg) from None
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 - degrees
        msg = f"{text!r} lies nowhere on earth; write latitude,longitude,metres, as in 38.25,-85.76,2000"
        raise SubscriptionRefusedError(msg)
    return Circle(GeoPoint(lat, lon), radius_m)


def schedule_of(shifts: Sequence[str], time_zone: str | None) -> Schedule:
    """The schedule of such shifts; UTC where no zone is given.

    Raises:
        SubscriptionRefusedError: one of them is no shift.
    """
    return Schedule(time_zone=time_zone or "UTC", shifts=tuple(map(shift_of, shifts)))


def shift_of(text: str) -> Shift:
    """The shift in a text such as `mon-fri 08:00-18:00`; without days it is of all, without hours of whole days.

    Raises:
        SubscriptionRefusedError: it is none.
    """
    words = text.lower().split()
    hours = _HOURS.fullmatch(words[-1]) if words else None
    days = [_days_of(part, text) for part in "".join(words[:-1] if hours else words).split(",") if part]
    if not words or (not hours and not days):
        raise _no_shift(text)
    named = {day for part in days for day in part}
    return Shift(
        days=tuple(day for day in _DAYS if day in named) or _DAYS,
        begins=hours[1] if hours else "00:00",
        ends=hours[2] if hours else "24:00",
    )


def _days_of(part: str, text: str) -> tuple[Weekday, ...]:
    """One day, or those from one to another, over the end of the week too: `fri-mon`."""
    first, dash, last = part.partition("-")
    try:
        begin, end = _DAYS.index(Weekday(first)), _DAYS.index(Weekday(last if dash else first))
    except ValueError:
        raise _no_shift(text) from None
    return tuple(_DAYS[(begin + number) % 7] for number in range((end - begin) % 7 + 1))


def _no_shift(text: str) -> SubscriptionRefusedError:
    msg = f"{text!r} is no shift; write days and hours, as in mon-fri 08:00-18:00, sat,sun or 22:00-06:00"
    return SubscriptionRefusedError(msg)


def file_text(path: Path) -> str:
    """What a file says, without blanks around it.

    Raises:
        SubscriptionRefusedError: it cannot be read, is empty, or no text; the message holds nothing of it.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        raise SubscriptionRefusedError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path} is no text in UTF-8; give another file"
        raise SubscriptionRefusedError(msg) from None
    if not text:
        msg = f"{path} is empty; write into it what it should hold"
        raise SubscriptionRefusedError(msg)
    return text
