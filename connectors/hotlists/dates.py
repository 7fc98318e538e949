"""Dates of hot-list files: by one exact format, never by guessing. `01/05/2026` is two days, so a template must say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ISO = "iso"
"""`2026-11-22`, `2026-11-22T08:00:00Z`, and what else ISO 8601 knows."""

DateParser = Callable[[str], "ParsedMoment"]
"""Gives the moment of a text. Raises ValueError with a reason; remembers what it has seen."""

ParsedMoment = tuple[datetime, bool]
"""The moment in UTC, and whether it is a whole day's beginning (no time was given)."""

_PARTS = {"YYYY": 4, "MM": 2, "DD": 2, "HH": 2, "mm": 2, "ss": 2}
_PART = re.compile("|".join(_PARTS))
_DAY_PARTS = {"YYYY", "MM", "DD"}
_FIRST, _LAST = 1, 9999
_REMEMBERED = 65_536
"""Texts of a column whose moments are kept: dates of a list repeat, and a look-up is ten times as fast."""


def date_parser(pattern: str, zone: ZoneInfo) -> DateParser:
    """A parser for `iso` or a pattern such as `MM/DD/YYYY` or `YYYYMMDD HH:mm`; times without a zone are in `zone`.

    Raises:
        ValueError: the pattern names no whole date, or a part of it twice.
    """
    read = _iso if pattern == ISO else _exact(pattern)

    @lru_cache(maxsize=_REMEMBERED)
    def parse(text: str) -> ParsedMoment:
        moment, is_day = read(text)
        # Lists write "never" as a day of the first or the last year, whose zone may carry it out of the calendar.
        known = moment if moment.tzinfo else moment.replace(tzinfo=zone if _FIRST < moment.year < _LAST else UTC)
        try:
            return known.astimezone(UTC), is_day
        except OverflowError:
            msg = f"{text[:40]!r} lies outside the calendar"
            raise ValueError(msg) from None

    return parse


def end_of(parsed: ParsedMoment, zone: ZoneInfo) -> datetime:
    """When what is valid until this text is over: a day given without a time counts to its end."""
    moment, is_day = parsed
    if not is_day:
        return moment
    # By the calendar of the zone: a day may have 23 or 25 hours.
    return moment if moment.year >= _LAST else (moment.astimezone(zone) + timedelta(days=1)).astimezone(UTC)


def _iso(text: str) -> ParsedMoment:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text[:40]!r} is no date; write it as 2026-11-22 or 2026-11-22T08:00:00Z"
        raise ValueError(msg) from None
    return moment, "T" not in text and ":" not in text and " " not in text


def _exact(pattern: str) -> Callable[[str], ParsedMoment]:
    places = {match.group(): match.start() for match in _PART.finditer(pattern)}
    signs = [(at, sign) for at, sign in enumerate(_PART.sub(lambda m: "\0" * len(m.group()), pattern)) if sign != "\0"]
    if not places.keys() >= _DAY_PARTS or len(_PART.findall(pattern)) != len(places):
        msg = f"date format {pattern!r} must name YYYY, MM and DD once each, and may name HH, mm and ss"
        raise ValueError(msg)
    if any(sign.isalnum() and sign != "T" for _, sign in signs):
        msg = f"date format {pattern!r} may have only YYYY, MM, DD, HH, mm, ss and signs between them"
        raise ValueError(msg)

    def parse(text: str) -> ParsedMoment:
        digits = {part: text[at : at + _PARTS[part]] for part, at in places.items()}
        fits = len(text) == len(pattern) and all(text[at] == sign for at, sign in signs)
        if not fits or not all(part.isascii() and part.isdigit() for part in digits.values()):
            msg = f"{text[:40]!r} is no date of the form {pattern}, which the template names"
            raise ValueError(msg)
        try:
            year, month, day, hour, minute, second = (int(digits.get(part, "0")) for part in _PARTS)
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone follows
        except ValueError:
            msg = f"{text[:40]!r} is not in the calendar, read as {pattern}"
            raise ValueError(msg) from None
        return moment, "HH" not in places

    return parse
