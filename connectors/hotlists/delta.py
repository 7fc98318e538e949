"""A list and a file of changes to the list that comes of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.hotlists.hotlist_file import Removal
from streams.records import HotlistEntry


@dataclass(frozen=True, slots=True)
class ChangedList:
    """The list after the changes."""

    entries: tuple[HotlistEntry, ...]
    removed: int
    unmatched: int
    """Removals that found nothing: the list may have missed an earlier file of changes."""


def apply_changes(entries: Iterable[HotlistEntry], changes: Iterable[HotlistEntry | Removal]) -> ChangedList:
    """Apply the changes in their order; an entry replaces the one of its id."""
    by_id = {entry.id: entry for entry in entries}
    ids_of_plate: defaultdict[str, set[str]] = defaultdict(set)
    for entry in by_id.values():
        ids_of_plate[entry.plate].add(entry.id)
    removed = unmatched = 0
    for change in changes:
        if isinstance(change, HotlistEntry):
            by_id[change.id] = change
            ids_of_plate[change.plate].add(change.id)
            continue
        going = [one for one in ids_of_plate.get(change.plate, ()) if change.matches(by_id[one])]
        for one in going:
            del by_id[one]
            ids_of_plate[change.plate].discard(one)
        removed += len(going)
        unmatched += not going
    return ChangedList(tuple(by_id.values()), removed, unmatched)
