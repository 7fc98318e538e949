"""A plate, or part of one, as filters on the index of detections; they need no analyser and no script."""

from __future__ import annotations

from typing import Any

from recognizers.fold import fold
from streams.documents import grams


def plate_filters(pattern: str) -> list[dict[str, Any]]:
    """Filters that must all hold. `?` is one character, `*` any number; a whole plate finds its look-alikes too."""
    if pattern.isalnum():
        return [{"bool": {"should": [{"term": {"plate": pattern}}, {"term": {"plate_folded": fold(pattern)}}]}}]
    if pattern.startswith("*") and not pattern.endswith("*"):
        # A leading wildcard walks every plate of the index; reversed, it is a prefix.
        return [{"wildcard": {"plate_reversed": pattern[::-1]}}]
    inner = pattern.strip("*")
    if pattern.startswith("*") and inner.isalnum() and grams(inner):
        return [{"term": {"plate_grams": gram}} for gram in grams(inner)] + [{"wildcard": {"plate": pattern}}]
    return [{"wildcard": {"plate": pattern}}]


def candidate_filters(pattern: str) -> list[dict[str, Any]]:
    """As `plate_filters`, and also what was read as something else: its other readings, its look-alikes.

    For a look back, which weighs each pass afterwards and must not miss one; a search shows what was read.
    """
    if pattern.isalnum():
        ways: list[dict[str, Any]] = [
            {"term": {"plate": pattern}},
            {"term": {"plate_folded": fold(pattern)}},
            {"term": {"candidates": pattern}},
        ]
    else:
        ways = [
            {"bool": {"filter": plate_filters(pattern)}},
            {"wildcard": {"plate_folded": _fold_pattern(pattern)}},
            {"wildcard": {"candidates": pattern}},
        ]
    return [{"bool": {"should": ways, "minimum_should_match": 1}}]


def _fold_pattern(pattern: str) -> str:
    return "".join(fold(character) or character for character in pattern)
