"""The indices of subscriptions, and of each version that one ever was: their names, and what is found by."""

from __future__ import annotations

from typing import Any

INDEX = "subscriptions"
VERSIONS_INDEX = "subscription-versions"

_KEYWORD = {"type": "keyword", "ignore_above": 512}


def mappings() -> dict[str, Any]:
    """Of both indices. Strict; the record itself is kept as it is, and not indexed."""
    return {
        "dynamic": "strict",
        "properties": {
            **dict.fromkeys(("id", "agency", "system", "format", "changed_by"), _KEYWORD),
            "version": {"type": "integer"},
            "disabled": {"type": "boolean"},
            "removed": {"type": "boolean"},
            "changed_at": {"type": "date"},
            "subscription": {"type": "object", "enabled": False},
        },
    }
