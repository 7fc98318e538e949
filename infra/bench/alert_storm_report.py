"""What endpoints should have had against what they have; the rows of the storm. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.bench.alert_endpoints import Manner, Receipt
from infra.bench.rows import Better, Goal, Row, figure

Revision = tuple[str, int]
"""An alert's id, and the number of its revision."""

_NONE = Goal(0, 0, Better.LOWER)
_QUICK = Goal(500, 250, Better.LOWER)
_PLAIN = Goal(None, None)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time in which a worker or a server was away; seconds since the epoch."""

    begins_s: float
    ends_s: float

    def holds(self, at_s: float) -> bool:
        """Whether a moment is in it."""
        return self.begins_s <= at_s <= self.ends_s


@dataclass(frozen=True, slots=True)
class StormSeen:
    """What was seen of a run."""

    told: Mapping[Revision, float]
    """What each endpoint asked for, and when it came to be, seconds since the epoch."""
    received: Mapping[Manner, Sequence[Receipt]]
    """By endpoint, in the order in which it came."""
    away: Sequence[Interval]
    """When the alerting or delivery worker, or Kafka, was not at work."""
    ended_s: float
    """When the last alert was sent in."""


def storm_rows(seen: StormSeen, how: str) -> list[Row]:
    """The rows, the endpoints one after the other."""
    rows: list[Row] = [figure("revisions told to each endpoint", len(seen.told), "", goal=_PLAIN, how=how)]
    for manner, receipts in seen.received.items():
        missing = set(seen.told) - {(one.alert, one.revision) for one in receipts}
        repeats = len(receipts) - len({one.webhook_id for one in receipts})
        complete_s = max((one.received_at_s for one in receipts), default=seen.ended_s) - seen.ended_s
        rows += [
            figure(f"{manner}: revisions missing", len(missing), "", goal=_NONE, how=how),
            figure(f"{manner}: repeats under another id", renamed(receipts), "", goal=_NONE, how=how),
            figure(f"{manner}: later before earlier", overtaken(receipts), "", goal=_NONE, how=how),
            figure(f"{manner}: repeats under the same id", repeats, "", goal=_PLAIN, how=how),
            figure(f"{manner}: last came after the last alert", complete_s, "s", goal=_PLAIN, how=how),
        ]
    return rows + healthy_rows(seen, how)


def healthy_rows(seen: StormSeen, how: str) -> list[Row]:
    """How quickly the healthy endpoint had what was told, while its workers were at work, and in all."""
    first: dict[Revision, float] = {}
    for one in seen.received[Manner.HEALTHY]:
        first.setdefault((one.alert, one.revision), one.received_at_s)
    times = {revision: 1000 * (first[revision] - at_s) for revision, at_s in seen.told.items() if revision in first}
    at_work = sorted(
        time for revision, time in times.items() if not any(one.holds(seen.told[revision]) for one in seen.away)
    )
    return [
        figure("healthy, workers at work: median", quantile(at_work, 0.5), "ms", goal=_PLAIN, how=how),
        figure("healthy, workers at work: 99 of 100", quantile(at_work, 0.99), "ms", goal=_QUICK, how=how),
        figure("healthy, all: 99 of 100", quantile(sorted(times.values()), 0.99), "ms", goal=_PLAIN, how=how),
        figure("revisions told while a worker was away", len(times) - len(at_work), "", goal=_PLAIN, how=how),
        figure("workers or Kafka away", sum(one.ends_s - one.begins_s for one in seen.away), "s", goal=_PLAIN, how=how),
    ]


def overtaken(receipts: Sequence[Receipt]) -> int:
    """How many revisions came for the first time after a later one of their alert."""
    newest: dict[str, int] = {}
    known: set[Revision] = set()
    late = 0
    for one in receipts:
        if (one.alert, one.revision) in known:
            continue
        known.add((one.alert, one.revision))
        late += one.revision < newest.get(one.alert, 0)
        newest[one.alert] = max(newest.get(one.alert, 0), one.revision)
    return late


def renamed(receipts: Sequence[Receipt]) -> int:
    """How many revisions came under more than one id."""
    ids: dict[Revision, set[str]] = {}
    for one in receipts:
        ids.setdefault((one.alert, one.revision), set()).add(one.webhook_id)
    return sum(len(one) > 1 for one in ids.values())


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all does not exceed (nearest rank); 0 where there is none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
