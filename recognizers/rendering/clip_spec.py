"""The description of a clip, checked at birth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from recognizers.rendering.daylight import Light, Weather
from recognizers.rendering.errors import ClipSpecError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("seconds", 2, 3600), ("fps", 1, 60), ("width", 320, 3840), ("height", 240, 2160), ("lanes", 1, 2),
    ("vehicles_per_minute", 1, 40), ("slowest_kmh", 10, 130), ("fastest_kmh", 10, 130), ("repeats", 0, 20),
    ("seed", 0, 2**32 - 1),
)  # fmt: skip


class LookAlikes(Enum):
    """What is done about characters that nobody can tell apart on a plate."""

    AVOID = "avoid"
    """Ordinary formats without I, O and Q, and every character in its own glyph: what is read can be judged exactly."""
    ALLOW = "allow"
    """As on real roads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpec:
    """What clip to render. One spec gives one clip, to the byte on one machine.

    Raises:
        ClipSpecError: a field is out of its bounds; the message names both.
    """

    name: str
    seed: int
    seconds: float = 30.0
    fps: float = 15.0
    width: int = 1280
    height: int = 720
    lanes: int = 2
    """The left one comes toward the camera, the right one leaves; a single one comes or leaves by chance."""
    light: Light = Light.DAY
    weather: Weather = Weather.CLEAR
    vehicles_per_minute: float = 26.0
    regions: tuple[str, ...] = ("US", "EU", "BR", "VN")
    """Prefixes of the layouts' regions; each is as likely, whatever the number of its layouts."""
    slowest_kmh: float = 30.0
    fastest_kmh: float = 100.0
    look_alikes: LookAlikes = LookAlikes.AVOID
    repeats: int = 0
    """How many of the passes are a vehicle that has passed before."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            msg = f"name {self.name!r} must be 1-64 of a-z, 0-9, - and _, beginning with a letter or digit"
            raise ClipSpecError(msg)
        for field, least, most in _BOUNDS:
            value = getattr(self, field)
            if not least <= value <= most:
                msg = f"{field} is {value:g}; it must be from {least:g} to {most:g}"
                raise ClipSpecError(msg)
        if self.slowest_kmh > self.fastest_kmh:
            msg = f"slowest_kmh {self.slowest_kmh:g} is above fastest_kmh {self.fastest_kmh:g}; exchange them"
            raise ClipSpecError(msg)
        if not self.regions:
            msg = "regions is empty; name at least one, such as US or EU-DE"
            raise ClipSpecError(msg)
        if self.repeats >= self.pass_count and self.repeats:
            msg = f"repeats is {self.repeats} of {self.pass_count} passes; at least one pass must be a new vehicle"
            raise ClipSpecError(msg)

    @property
    def pass_count(self) -> int:
        """How many vehicles pass, at least one."""
        return max(1, round(self.vehicles_per_minute * self.seconds / 60))

    @property
    def frame_count(self) -> int:
        """How many frames the clip has."""
        return round(self.seconds * self.fps)


def demo_spec() -> ClipSpec:
    """The clip of the demo: half a minute of day, 13 passes of four regions, one vehicle that comes twice."""
    # The first seed whose plates are all read; how many of others' are stands in docs/performance.md. Ten frames a
    # second, as many as a camera sends on.
    return ClipSpec(name="demo", seed=2, fps=10.0, repeats=1, slowest_kmh=35.0, fastest_kmh=75.0)
