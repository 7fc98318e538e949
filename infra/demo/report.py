"""What a run should have given against what it gave; the report and its verdict. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from infra.demo.receiver import Receipt
from streams.records import AlertEvent

_CALLING = frozenset({AlertEvent.RAISED, AlertEvent.UPGRADED})
"""What is measured. Not `reopened`: the frame that decides may be of a pass long before the one that reopens it."""

_SAME_PASS_S = 1.5
"""A detection may lie this far outside of its pass's true times: frames are sampled, and the first ones are small."""


@dataclass(frozen=True, slots=True)
class TruePass:
    """A pass that the clip holds; seconds since the clip's start."""

    plate: str
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class ReadPass:
    """A pass as the system read it; seconds since the clip's start."""

    id: str
    plate: str
    first_s: float
    last_s: float


class Percentiles(msgspec.Struct, frozen=True):
    """Of a set of times, in milliseconds."""

    p50: float
    p99: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--report` writes; null where there is no truth to compare with."""

    source: str
    frames: int
    frames_dropped: int
    passes: int
    passes_true: int | None
    passes_exact: int | None
    ghost_passes: int | None
    hits_expected: int | None
    alerts_delivered: int
    alerts_repeated: int
    documents: int
    frame_to_webhook_ms: Percentiles | None
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one run."""

    source: str
    frames: int
    frames_dropped: int
    told: frozenset[str]
    """Ids of the detections on the topic."""
    raised: frozenset[str]
    """Ids of the revisions on the topic that the receiver asked for."""
    indexed: Sequence[ReadPass]
    receipts: Sequence[Receipt]
    acknowledged_s: Mapping[int, float]
    """When Kafka took each frame, by sequence, in seconds since the epoch, by the broker's clock."""
    dead_letters: int
    waiting: int
    """Messages that some worker had still to handle when the waiting was given up."""
    truth: Sequence[TruePass] | None
    wanted: frozenset[str]
    seconds: Mapping[str, float] = field(default_factory=dict)


def build_report(observed: Observed) -> Report:
    """The figures of a run."""
    ids = [receipt.webhook_id for receipt in observed.receipts]
    comparison = compare(observed.truth, observed.indexed) if observed.truth is not None else None
    return Report(
        source=observed.source,
        frames=observed.frames,
        frames_dropped=observed.frames_dropped,
        passes=len(observed.told),
        passes_true=len(observed.truth) if observed.truth is not None else None,
        passes_exact=comparison.exact if comparison else None,
        ghost_passes=comparison.ghosts if comparison else None,
        hits_expected=_expected_hits(observed) if observed.truth is not None else None,
        alerts_delivered=len({receipt.alert for receipt in observed.receipts}),
        alerts_repeated=len(ids) - len(set(ids)),
        documents=len(observed.indexed),
        frame_to_webhook_ms=latency(observed.receipts, observed.acknowledged_s),
        seconds={name: round(value, 1) for name, value in observed.seconds.items()},
    )


def faults(observed: Observed) -> list[str]:
    """What should have arrived and did not, one sentence each; an empty list is success."""
    found = []
    indexed = [read.id for read in observed.indexed]
    if missing := observed.told - set(indexed):
        found.append(f"{len(missing)} of {len(observed.told)} passes are not in Elasticsearch")
    if len(indexed) != len(set(indexed)):
        found.append(f"{len(indexed) - len(set(indexed))} passes are in Elasticsearch twice")
    if strange := set(indexed) - observed.told:
        found.append(f"{len(strange)} passes are in Elasticsearch that no worker told of")
    delivered = {receipt.webhook_id for receipt in observed.receipts}
    if lost := observed.raised - delivered:
        found.append(f"{len(lost)} of {len(observed.raised)} messages about alerts did not reach the receiver")
    if observed.truth is not None:
        entries = {receipt.plate for receipt in observed.receipts}
        seen = {one.plate for one in observed.truth}
        if unseen := (observed.wanted & seen) - entries:
            found.append(f"{len(unseen)} of {len(observed.wanted & seen)} wanted plates raised no alert")
    if observed.waiting:
        found.append(f"{observed.waiting} messages were still waiting for a worker; the machine is too busy")
    if observed.dead_letters:
        found.append(f"{observed.dead_letters} messages became dead letters; see pw.dead-letters")
    if not observed.frames:
        found.append("no frame reached Kafka")
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Passes against truth."""

    exact: int
    ghosts: int


def compare(truth: Sequence[TruePass], read: Sequence[ReadPass]) -> Comparison:
    """True passes that one read pass at their time has exactly right, and read passes that are nobody's.

    Each true pass takes one read pass, the exact ones first; what is left, at no true pass's time or as a second read
    of one, is a ghost.
    """
    pairs, free = pair_up(truth, read)
    exact = sum(each is not None and each.plate == one.plate for one, each in pairs)
    return Comparison(exact, len(free))


def pair_up(
    truth: Sequence[TruePass], read: Sequence[ReadPass]
) -> tuple[list[tuple[TruePass, ReadPass | None]], list[ReadPass]]:
    """Each true pass with the read pass that it takes, and the read passes that nobody takes."""
    free = list(read)
    taken: dict[int, ReadPass] = {}
    for number, one in enumerate(truth):
        right = next((r for r in free if r.plate == one.plate and _at_the_time(one, r)), None)
        if right is not None:
            taken[number] = right
            free.remove(right)
    for number, one in enumerate(truth):
        near = [r for r in free if _at_the_time(one, r)]
        if number not in taken and near:
            taken[number] = max(near, key=lambda r: _shared(r.plate, one.plate))
            free.remove(taken[number])
    return [(one, taken.get(number)) for number, one in enumerate(truth)], free


def _at_the_time(truth: TruePass, read: ReadPass) -> bool:
    return read.first_s <= truth.last_s + _SAME_PASS_S and read.last_s >= truth.first_s - _SAME_PASS_S


def _shared(left: str, right: str) -> int:
    return sum(a == b for a, b in zip(left, right, strict=False))


def _expected_hits(observed: Observed) -> int:
    """One alert for each wanted plate that comes by: all its passes of a clip lie within one window."""
    return len(observed.wanted & {one.plate for one in observed.truth or ()})


def latency(receipts: Sequence[Receipt], acknowledged_s: Mapping[int, float]) -> Percentiles | None:
    """From Kafka's taking the deciding frame to the first receipt of its alert; None where there was no alert.

    Of what calls people alone: that nobody took an alert is told long after its frame.
    """
    first: dict[str, Receipt] = {}
    for receipt in receipts:
        if receipt.event in _CALLING:
            first.setdefault(receipt.webhook_id, receipt)
    times = sorted(
        1000 * (receipt.received_at_s - acknowledged_s[receipt.sequence])
        for receipt in first.values()
        if receipt.sequence in acknowledged_s
    )
    if not times:
        return None
    return Percentiles(round(_quantile(times, 0.5), 1), round(_quantile(times, 0.99), 1))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
