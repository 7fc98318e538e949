"""Matches of one entry that lie close together in event time are sightings of one hit, not hits of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from infra.settings.pipeline import WindowSettings
from streams.records import Hit, Match, Outcome, event_id

MAX_WINDOWS = 64
"""Windows that are remembered of one entry. At ten minutes each that is ten hours of a plate seen all the time; beyond
it a replay of the oldest could open its hit again, under the same id, which every receiver knows."""


class Window(msgspec.Struct, frozen=True):
    """The time around the sighting that opened a hit."""

    hit: str
    opened_at: datetime
    detections: tuple[str, ...]
    """Ids of the passes that are in it, so that a later revision or a replay is no new sighting."""


class Windows(msgspec.Struct, frozen=True):
    """All windows that are remembered of one entry, oldest first."""

    open: tuple[Window, ...] = ()


class Joined(msgspec.Struct, frozen=True):
    """The windows with one match more, and the hit that it opened, if it did."""

    windows: Windows
    hit: Hit | None


def join(windows: Windows, match: Match, settings: WindowSettings) -> Joined:
    """Put a match into its window, or open one; a pass that is in a window already changes nothing.

    A `possible` match opens no hit: it may not sound (see DESIGN, the join).
    """
    if match.outcome is Outcome.POSSIBLE:
        return Joined(windows, None)
    detection = match.detection
    if any(detection.id in window.detections for window in windows.open):
        return Joined(windows, None)
    reach = timedelta(seconds=settings.sighting_s)
    for index, window in enumerate(windows.open):
        if abs(detection.captured_at - window.opened_at) <= reach:
            grown = Window(window.hit, window.opened_at, (*window.detections, detection.id))
            return Joined(_kept([*windows.open[:index], grown, *windows.open[index + 1 :]]), None)
    hit = Hit(
        id=event_id(match.entry.id, detection.id),
        match=match,
        opened_at=detection.captured_at,
        late=match.matched_at - detection.captured_at > timedelta(seconds=settings.lateness_s),
    )
    opened = Window(hit.id, hit.opened_at, (detection.id,))
    return Joined(_kept([*windows.open, opened]), hit)


def _kept(windows: Sequence[Window]) -> Windows:
    return Windows(tuple(sorted(windows, key=lambda window: window.opened_at)[-MAX_WINDOWS:]))
