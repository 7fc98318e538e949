"""The frames of the best looks at the passes that are open: what their pictures are made of once they are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from infra import metrics
from recognizers.plate import Look, Quad
from streams.passes import Pass, Passes, SeenLook, box_of
from streams.records import Frame, ImageReference

MOST_BYTES = 64 * 2**20
"""Held by one worker: the best frames, of 200 kB each, of some 300 passes that are open at once."""

_LONGEST_HELD_S = 600.0
"""Of the worker's own clock. A pass is over long before; what is held for longer is of a camera that is another
worker's by now."""


@dataclass(frozen=True, slots=True)
class HeldLook:
    """The best look at a pass since this worker has seen it."""

    captured_at: datetime
    weight: float
    held_since_s: float
    quad: Quad
    frame: bytes
    """The camera's picture; empty once it is filed."""
    filed: ImageReference | None = None
    """Its pictures, where they are filed."""


class BestLooks:
    """In memory alone, and bounded: the frames are too large for a changelog. Used by one event loop.

    Nothing is decoded or encoded here, for of a pass's looks almost every one is better than the one before it. After
    a restart, only looks from then on are known.

    Args:
        most_bytes: frames that are held at most; beyond it those that were held the longest go, and are counted.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: dict[str, HeldLook] = {}
        self._bytes = 0

    def observe(self, passes: Passes, frame: Frame, looks: Sequence[Look], now_s: float) -> None:
        """Hold the frame for those passes of which it has the best look so far; safe to repeat.

        Args:
            passes: of the frame's camera, the frame counted.
            frame: the frame.
            looks: what was recognised in it.
            now_s: the worker's clock, monotonic.
        """
        for one in passes.open:
            seen = _seen_in(one, frame)
            held = self._held.get(one.id)
            if seen is None or (held is not None and held.weight >= seen.weight):
                continue
            quad = next((look.plate.quad for look in looks if box_of(look) == seen.box), None)
            if quad is not None:
                self._hold(one.id, HeldLook(frame.captured_at, seen.weight, now_s, quad, frame.jpeg))
        self._let_go(now_s)

    def of(self, pass_id: str) -> HeldLook | None:
        """The best look at the pass, if one is held."""
        return self._held.get(pass_id)

    def note_filed(self, pass_id: str, reference: ImageReference) -> None:
        """The pictures of the look that is held are filed: its frame is not needed any more."""
        held = self._held.get(pass_id)
        if held is not None:
            self._bytes -= len(held.frame)
            self._held[pass_id] = replace(held, frame=b"", filed=reference)

    def forget(self, pass_ids: Collection[str]) -> None:
        """Let go of passes that have ended."""
        for pass_id in pass_ids:
            self._drop(pass_id)

    def _hold(self, pass_id: str, look: HeldLook) -> None:
        self._drop(pass_id)
        # Frames that two passes share count twice: the bound is kept all the same.
        self._held[pass_id] = look
        self._bytes += len(look.frame)

    def _let_go(self, now_s: float) -> None:
        """Those that were held the longest stand first."""
        while self._held:
            pass_id, oldest = next(iter(self._held.items()))
            if self._bytes <= self._most_bytes and now_s - oldest.held_since_s <= _LONGEST_HELD_S:
                return
            self._drop(pass_id)
            metrics.BEST_LOOKS_LET_GO.inc()

    def _drop(self, pass_id: str) -> None:
        held = self._held.pop(pass_id, None)
        if held is not None:
            self._bytes -= len(held.frame)


def _seen_in(one: Pass, frame: Frame) -> SeenLook | None:
    """The pass's look in this frame, where it is among its best."""
    return next(
        (look for look in one.best if look.sequence == frame.sequence and look.captured_at == frame.captured_at), None
    )
