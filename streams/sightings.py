"""Matches of one entry that lie close together in event time are sightings of one hit, not hits of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from infra.settings.pipeline import WindowSettings
from streams.records import Hit, Match, Outcome, event_id

MAX_WINDOWS = 64
"""Windows that are remembered of one entry. At ten minutes each that is ten hours of a plate seen all the time; beyond
it a replay of the oldest could open its hit again, under the same id, which every receiver knows."""

MAX_SIGHTINGS = 64
"""Passes that are remembered of one window; its time alone joins those that were forgotten, but for a revision whose
best look moved out of it."""


class Window(msgspec.Struct, frozen=True):
    """The time around the sighting that opened a hit."""

    hit: str
    opened_at: datetime
    detections: tuple[str, ...]
    """Ids of the passes that are in it, so that a later revision or a replay is no new sighting."""


class Windows(msgspec.Struct, frozen=True):
    """All windows that are remembered of one entry, in the order in which they were opened."""

    open: tuple[Window, ...] = ()


class Joined(msgspec.Struct, frozen=True):
    """The windows with one match more, and the hit that it opened, if it did."""

    windows: Windows
    hit: Hit | None


def join(windows: Windows, match: Match, settings: WindowSettings) -> Joined:
    """Put a match into its window, or open one; a pass that is in a window already changes nothing.

    A `possible` match opens no hit: it may not sound (docs/architecture.md says why).
    """
    if match.outcome is Outcome.POSSIBLE:
        return Joined(windows, None)
    detection = match.detection
    if any(detection.id in window.detections for window in windows.open):
        return Joined(windows, None)
    reach = timedelta(seconds=settings.sighting_s)
    for index, window in enumerate(windows.open):
        if abs(detection.captured_at - window.opened_at) <= reach:
            known = (*window.detections, detection.id)[-MAX_SIGHTINGS:]
            grown = Window(window.hit, window.opened_at, known)
            return Joined(Windows((*windows.open[:index], grown, *windows.open[index + 1 :])), None)
    hit = Hit(
        id=event_id(match.entry.id, detection.id),
        match=match,
        probability=match.probability,
        outcome=match.outcome,
        opened_at=detection.captured_at,
        late=match.matched_at - detection.captured_at > timedelta(seconds=settings.lateness_s),
    )
    opened = Window(hit.id, hit.opened_at, (detection.id,))
    # The first opened goes, not the oldest: an upload's window must live while the upload lasts.
    return Joined(Windows((*windows.open, opened)[-MAX_WINDOWS:]), hit)
