"""Which alerts a client of the feed wants."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.alert_feed.events import FeedEvent


@dataclass(frozen=True, slots=True)
class FeedChoice:
    """What must hold for an event to be sent; all are where nothing is said. Clients of one choice share bytes."""

    categories: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    """One of the alert's sightings must be of one of them."""
    only_sounding: bool = False

    def wants(self, event: FeedEvent) -> bool:
        """Whether the event is for this client; one that is unreadable is for nobody."""
        if not event.body:
            return False
        if self.only_sounding and not event.facts.sounds:
            return False
        if self.categories and event.facts.category not in self.categories:
            return False
        return not self.cameras or not self.cameras.isdisjoint(event.facts.cameras)


EVERYTHING = FeedChoice()
