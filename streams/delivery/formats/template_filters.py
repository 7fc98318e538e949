"""What a subscriber's template can do to a value: small functions whose answers cannot outgrow what they are given."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from jinja2 import Undefined

from streams.delivery.formats import wording

LONGEST_VALUE = 64 * 1024
"""Characters of one value. Escapes may double a text each time, so that a chain of them would fill any memory."""

_MOST_DIGITS = 6


class ValueTooLongError(ValueError):
    """A filter was given, or made, more than a message may hold."""


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Any, *arguments: Any) -> Any:
        answer = function(value, *arguments)
        if isinstance(answer, str) and len(answer) > LONGEST_VALUE:
            msg = f"a value is longer than {LONGEST_VALUE} characters"
            raise ValueTooLongError(msg)
        return answer

    return apply


def _default(value: Any, instead: Any = "") -> Any:
    """Instead of what is not there, or null."""
    return instead if value is None or isinstance(value, Undefined) else value


def _json(value: Any) -> str:
    if isinstance(value, Undefined):
        str(value)  # Says what is undefined.
    return msgspec.json.encode(value).decode()


def _escape(value: Any) -> str:
    return html.escape(str(value))


def _items(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(value.items())


def _round(value: float, digits: int = 0) -> float:
    return round(value, max(0, min(digits, _MOST_DIGITS)))


def _time(value: str) -> str:
    return wording.clock(datetime.fromisoformat(value))


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "default": _bounded(_default),
        "e": _bounded(_escape),
        "escape": _bounded(_escape),
        "first": lambda value: value[0],
        "items": _items,
        "last": lambda value: value[-1],
        "length": len,
        "lower": _bounded(lambda value: str(value).lower()),
        "percent": wording.percent,
        "round": _round,
        "time": _time,
        "tojson": _bounded(_json),
        "trim": _bounded(lambda value: str(value).strip()),
        "upper": _bounded(lambda value: str(value).upper()),
    }
)
"""By name. Jinja's own are left out: several grow what they get, or reach attributes by name."""

TESTS = frozenset({"defined", "undefined", "none"})
