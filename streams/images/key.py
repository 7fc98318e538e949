"""Which picture: of which detection, in the folder of which day, and whether of the plate or of the scene."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,199}")
"""An id becomes the name of a file, so it holds nothing that leads elsewhere."""


class ImageKind(StrEnum):
    """What a picture shows."""

    PLATE = "plate"
    """The plate, straightened, with a margin around it."""
    SCENE = "scene"
    """All that the camera saw."""


@dataclass(frozen=True, slots=True)
class ImageKey:
    """Names one picture.

    Raises:
        ValueError: the id is none that a picture can be filed under.
    """

    day: date
    """Of its detection's capture, in UTC."""
    detection: str
    kind: ImageKind

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.detection):
            msg = f"{self.detection[:40]!r} is no id that a picture can be filed under; use letters, digits, . _ -"
            raise ValueError(msg)


def day_of(moment: datetime) -> date:
    """The day, in UTC, whose folder holds what was captured then."""
    return moment.astimezone(UTC).date()
