"""What the parameters of an address say: words, members of an enumeration, moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

EnumT = TypeVar("EnumT", bound=StrEnum)


class RequestRefusedError(Exception):
    """The request is not as it should be; the message says what to change."""


def check_names(query: Mapping[str, str], known: frozenset[str]) -> None:
    """That no parameter is there that would be passed over.

    Raises:
        RequestRefusedError: there is one.
    """
    if unknown := sorted(query.keys() - known):
        msg = f"there is no parameter {unknown[0][:40]!r} here; there are {', '.join(sorted(known))}"
        raise RequestRefusedError(msg)


def words(text: str) -> tuple[str, ...]:
    """What is between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def members(kind: type[EnumT], name: str, text: str) -> tuple[EnumT, ...]:
    """The members that are named, separated by commas.

    Raises:
        RequestRefusedError: one of them is none.
    """
    for word in words(text):
        if word not in set(kind):
            msg = f"{name}: {word[:40]!r} is unknown; there are {', '.join(kind)}"
            raise RequestRefusedError(msg)
    return tuple(kind(word) for word in words(text))


def moment(name: str, text: str) -> datetime:
    """An aware time.

    Raises:
        RequestRefusedError: it is none, or has no zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        # A plus sign in a query stands for a blank, which is how most get here; Z needs none.
        msg = f"{name} is no time with a zone; write it as 2026-11-25T08:00:00Z"
        raise RequestRefusedError(msg)
    return found


def number(name: str, text: str, most: int) -> int:
    """A whole number from 1 to `most`.

    Raises:
        RequestRefusedError: it is none.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        msg = f"{name} must be a number from 1 to {most}"
        raise RequestRefusedError(msg)
    return int(text)
