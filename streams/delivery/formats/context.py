"""What a format must know beside the alert itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


def no_images(_detection: str) -> str | None:
    """Links of an installation that keeps no pictures."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatContext:
    """Who tells of an alert, and where more of it is to be seen."""

    now: datetime
    """When the message is made; aware."""
    source: str = "platewatch"
    """The installation's name among others, best a host name: a CloudEvent's source, a CAP message's sender."""
    agency: str = ""
    """Whose installation it is, in words: `Metro Police`."""
    console_url: str = ""
    """Where the console is reached, without a slash at its end; empty: messages hold no link to it."""
    image_links: Callable[[str], str | None] = no_images
    """From a detection's id to a signed link that expires; None where there is no picture."""
    crop: bytes | None = None
    """JPEG of the deciding sighting's plate, for a subscriber who wants it in the message."""

    def alert_link(self, alert: str) -> str:
        """Where the console shows an alert; empty without a console."""
        return f"{self.console_url}/alerts/{alert}" if self.console_url else ""
