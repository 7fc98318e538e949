"""The index of deliveries: its name, and its fields. It holds ids, times and answers, and no plate."""

from __future__ import annotations

from typing import Any

INDEX = "deliveries"

_KEYWORD = {"type": "keyword", "ignore_above": 512}
_DATE = {"type": "date"}


def mappings() -> dict[str, Any]:
    """Strict: a field that is not declared is refused."""
    return {
        "dynamic": "strict",
        "properties": {
            "schema_version": {"type": "short"},
            **dict.fromkeys(("id", "subscription", "alert", "event", "state", "last_answer"), _KEYWORD),
            **dict.fromkeys(("queued_at", "last_try_at", "next_try_at", "delivered_at"), _DATE),
            "revision": {"type": "integer"},
            "tries": {"type": "integer"},
        },
    }
