"""A detection against the entries that it may be: which of them match, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from infra.settings.pipeline import MatchingSettings
from streams.hotlist_store import ListedEntry
from streams.records import Detection, HotlistEntry, Match, Outcome, event_id, to_milliseconds

_OTHER_STATE = 0.6
"""Least that another state leaves of a match. States are read wrongly up to one time in ten, so a state alone turns an
exact match into a likely one, for a person to look at; lower, a wanted vehicle would go by in silence."""


def match(
    detection: Detection, candidates: Iterable[ListedEntry], settings: MatchingSettings, now: datetime
) -> list[Match]:
    """The candidates that the detection matches: same plate, valid when it passed; another state weakens a match."""
    return [
        _match(detection, listed, settings, now)
        for listed in candidates
        if detection.plate == listed.entry.plate and _was_valid(listed.entry, detection.captured_at)
    ]


def _match(detection: Detection, listed: ListedEntry, settings: MatchingSettings, now: datetime) -> Match:
    probability = detection.confidence * state_agreement(detection, listed.entry)
    return Match(
        id=event_id(detection.id, listed.entry.id),
        detection=detection,
        entry=listed.entry,
        hotlist_version=listed.version,
        probability=probability,
        outcome=grade(probability, settings),
        matched_at=to_milliseconds(now),
    )


def grade(probability: float, settings: MatchingSettings) -> Outcome:
    """How a match of that probability is told."""
    if probability >= settings.exact_probability:
        return Outcome.EXACT
    return Outcome.LIKELY if probability >= settings.likely_probability else Outcome.POSSIBLE


def state_agreement(detection: Detection, entry: HotlistEntry) -> float:
    """How well the plate's state fits the entry's, in [0, 1]: its odds against those of the likeliest state.

    1 where either side does not say. Lists write `CA` or `US-CA`.
    """
    if entry.state is None:
        return 1.0
    told = {one.state: one.confidence for one in detection.state_candidates}
    if not told:
        return 1.0 if detection.state is None or _is_state(detection.state, entry.state) else _OTHER_STATE
    wanted = max((p for state, p in told.items() if _is_state(state, entry.state)), default=0.0)
    return max(_OTHER_STATE, wanted / max(told.values()))


def _is_state(code: str, wanted: str) -> bool:
    return wanted in (code, code.removeprefix("US-"))


def _was_valid(entry: HotlistEntry, at: datetime) -> bool:
    begun = entry.valid_from is None or entry.valid_from <= at
    return begun and (entry.valid_until is None or at < entry.valid_until)
