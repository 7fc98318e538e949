"""The index of alerts: its name, and the fields that alerts are found by."""

from __future__ import annotations

from typing import Any

INDEX = "alerts"

_KEYWORD = {"type": "keyword"}
_DATE = {"type": "date"}
_BOOLEAN = {"type": "boolean"}
_FOUND_BY = (
    "state",
    "purpose",
    "taken_by",
    "outcome",
    "hit",
    "hit_outcome",
    "category",
    "hotlist",
    "entry",
    "plate",
    "case_number",
    "cameras",
)
_TIMES = ("first_seen_at", "raised_at", "changed_at", "written_at")
_YES_OR_NO = ("sounds", "escalated", "unpublished")


def mappings() -> dict[str, Any]:
    """Strict: a field that is not declared is refused. The record itself is kept as it is, and not indexed."""
    return {
        "dynamic": "strict",
        "properties": {
            **dict.fromkeys(_FOUND_BY, _KEYWORD),
            **dict.fromkeys(_TIMES, _DATE),
            **dict.fromkeys(_YES_OR_NO, _BOOLEAN),
            "priority": {"type": "byte"},
            "revision": {"type": "integer"},
            "locations": {"type": "geo_point"},
            "alert": {"type": "object", "enabled": False},
        },
    }
