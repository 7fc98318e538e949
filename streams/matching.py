"""A detection against the entries that it may be: which of them match, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from infra.settings.pipeline import MatchingSettings
from recognizers.jurisdictions import US, US_STATES, nation_of
from streams.hotlist_store import ListedEntry
from streams.records import Detection, HotlistEntry, Match, Outcome, event_id, to_milliseconds

_OTHER_STATE = 0.6
"""Least that another state leaves of a match's probability. States are read wrongly up to one time in ten, so a state
alone turns an exact match into a likely one, for a person to look at."""


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
    outcome = grade(probability, settings)
    if grade(detection.confidence, settings) is not Outcome.POSSIBLE and outcome is Outcome.POSSIBLE:
        outcome = Outcome.LIKELY  # a state alone silences nothing: it is read wrongly now and then
    return Match(
        id=event_id(detection.id, listed.entry.id),
        detection=detection,
        entry=listed.entry,
        hotlist_version=listed.version,
        probability=probability,
        outcome=outcome,
        matched_at=to_milliseconds(now),
    )


def grade(probability: float, settings: MatchingSettings) -> Outcome:
    """How a match of that probability is told."""
    if probability >= settings.exact_probability:
        return Outcome.EXACT
    return Outcome.LIKELY if probability >= settings.likely_probability else Outcome.POSSIBLE


def state_agreement(detection: Detection, entry: HotlistEntry) -> float:
    """How well the plate's state fits the entry's, in [0, 1]: its odds against those of the likeliest state.

    1 where either side does not say. Lists write a US state as `CA` or `US-CA`, and a country as its code.
    """
    if entry.state is None:
        return 1.0
    wanted = f"{US}-{entry.state}" if entry.state in US_STATES else entry.state
    told = {one.state: one.confidence for one in detection.state_candidates}
    if not told:
        told = {detection.state: 1.0} if detection.state else {}
    if nation_of(wanted) == US:
        told[wanted] = told.get(wanted, 0.0) + told.pop(US, 0.0)  # the state could not be seen: it may be this one
    highest = max(told.values(), default=0.0)
    return max(_OTHER_STATE, told.get(wanted, 0.0) / highest) if highest else 1.0


def _was_valid(entry: HotlistEntry, at: datetime) -> bool:
    begun = entry.valid_from is None or entry.valid_from <= at
    return begun and (entry.valid_until is None or at < entry.valid_until)
