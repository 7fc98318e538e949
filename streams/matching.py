"""A detection against the entries that it may be: which of them match, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from infra.settings.pipeline import MatchingSettings
from streams.hotlist_store import ListedEntry
from streams.records import Detection, HotlistEntry, Match, Outcome, event_id, to_milliseconds


def match(
    detection: Detection, candidates: Iterable[ListedEntry], settings: MatchingSettings, now: datetime
) -> list[Match]:
    """The candidates that the detection matches: same plate, no contradicting state, valid when the plate passed."""
    return [
        Match(
            id=event_id(detection.id, listed.entry.id),
            detection=detection,
            entry=listed.entry,
            hotlist_version=listed.version,
            probability=detection.confidence,
            outcome=grade(detection.confidence, settings),
            matched_at=to_milliseconds(now),
        )
        for listed in candidates
        if _is_same_plate(detection, listed.entry) and _was_valid(listed.entry, detection.captured_at)
    ]


def grade(probability: float, settings: MatchingSettings) -> Outcome:
    """How a match of that probability is told."""
    if probability >= settings.exact_probability:
        return Outcome.EXACT
    return Outcome.LIKELY if probability >= settings.likely_probability else Outcome.POSSIBLE


def _is_same_plate(detection: Detection, entry: HotlistEntry) -> bool:
    states_agree = entry.state is None or detection.state is None or entry.state == detection.state
    return detection.plate == entry.plate and states_agree


def _was_valid(entry: HotlistEntry, at: datetime) -> bool:
    begun = entry.valid_from is None or entry.valid_from <= at
    return begun and (entry.valid_until is None or at < entry.valid_until)
