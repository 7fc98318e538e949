"""Which frames of a stream are sent on when it has more of them than wanted. Pure."""

from __future__ import annotations

_SLACK = 0.1
"""Share of the interval by which a frame may come early. None: 25 fps sampled at 12.5 would lose every second frame to
rounding. Much more: frames of unsteady cameras would come in pairs."""


class Sampler:
    """Takes at most `max_fps` frames per second of media time, evenly, without drift. Owned by one source."""

    def __init__(self, max_fps: float) -> None:
        self._interval_s = 1.0 / max_fps
        self._due_s: float | None = None

    def takes(self, media_s: float) -> bool:
        """True if the frame at `media_s` is to be sent on. Times must not fall."""
        if self._due_s is None or media_s > self._due_s + self._interval_s:
            self._due_s = media_s + self._interval_s
            return True
        if media_s < self._due_s - self._interval_s * _SLACK:
            return False
        self._due_s += self._interval_s
        return True
