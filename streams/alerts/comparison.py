"""What a person saw in the picture against what is wanted. Pure.

The plate is compared as it was typed, exactly but for case and separators: a reader's look-alikes (O and 0) are what
the person is asked to tell apart, so nothing is folded here. Of a partial entry the typed plate must fit the pattern.
"""

from __future__ import annotations

from recognizers.fold import normalise
from streams.alerts.transitions import AlertRefusedError
from streams.entry_terms import normalise_pattern
from streams.partial_index import matches
from streams.records import Alert, AlertEvent, Comparison, HitSighting, HotlistEntry


def is_wanted_plate(plate: str, entry: HotlistEntry) -> bool:
    """Whether a plate, as it was typed, is surely the wanted one: `?` for what is unreadable leaves it open."""
    typed = normalise_pattern(plate)
    return bool(typed) and _is_whole(typed) and matches(normalise_pattern(entry.plate), typed)


def check_agreement(comparison: Comparison, entry: HotlistEntry) -> None:
    """That the comparison is a whole one, and that all of it agrees.

    Raises:
        AlertRefusedError: the plate is missing or not read to its end, or something differs: then it is to be rejected.
    """
    _check_typed(comparison)
    if not _is_whole(comparison.plate_read):
        msg = "a plate is verified by all of its characters; type each that you see, or reject the alert"
        raise AlertRefusedError(msg)
    differing = _differences(comparison, entry)
    if differing:
        msg = f"by what you saw this is not what is wanted: {', '.join(differing)}; reject the alert"
        raise AlertRefusedError(msg)


def check_difference(comparison: Comparison, entry: HotlistEntry) -> None:
    """That the comparison is a whole one, and that something of it differs. `?` stands for what cannot be read.

    Raises:
        AlertRefusedError: the plate is missing, or everything agrees: then it is to be verified.
    """
    _check_typed(comparison)
    if not _differences(comparison, entry):
        msg = "plate, state and vehicle agree, by what you saw; verify the alert, or say what differs"
        raise AlertRefusedError(msg)


def other_plates(alert: Alert) -> tuple[HitSighting, ...]:
    """Sightings of a verified alert whose plate is not the one that the person typed.

    An alert that grows stays verified: the person's answer was about what there was to see. But nobody compared these,
    and the reader took them for something else; whoever shows the alert shows that too.
    """
    if not alert.is_verified:
        return ()
    typed = next(
        normalise(step.comparison.plate_read)
        for step in reversed(alert.steps)
        if step.event is AlertEvent.VERIFIED and step.comparison is not None
    )
    return tuple(sighting for sighting in alert.hit.sightings if normalise(sighting.plate) != typed)


def _is_whole(typed: str) -> bool:
    return "?" not in typed and "*" not in typed


def _check_typed(comparison: Comparison) -> None:
    if not normalise_pattern(comparison.plate_read):
        msg = "the plate that you read is missing; type it as it stands in the picture, with ? for what is unreadable"
        raise AlertRefusedError(msg)


def _differences(comparison: Comparison, entry: HotlistEntry) -> list[str]:
    agree = {
        "plate": is_wanted_plate(comparison.plate_read, entry),
        "state": comparison.state_agrees,
        "vehicle": comparison.vehicle_agrees,
    }
    return [name for name, agrees in agree.items() if not agrees]
