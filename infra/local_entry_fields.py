"""The index of local hot-list entries: its name, and the fields that entries are found by."""

from __future__ import annotations

from typing import Any

INDEX = "local-entries"

_KEYWORD = {"type": "keyword"}


def mappings() -> dict[str, Any]:
    """Strict: a field that is not declared is refused. The record itself is kept as it is, and not indexed."""
    found_by = ("status", "category", "plate", "state", "case_number", "record_number", "author")
    return {
        "dynamic": "strict",
        "properties": {
            **dict.fromkeys(found_by, _KEYWORD),
            "waits": {"type": "boolean"},
            "undelivered": {"type": "boolean"},
            "proposed_at": {"type": "date"},
            "valid_until": {"type": "date"},
            "entry": {"type": "object", "enabled": False},
        },
    }
