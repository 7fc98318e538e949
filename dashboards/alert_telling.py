"""Alerts as the console tells them: the same public shape that subscribers get, with links that are good for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from infra.settings import Settings
from streams.delivery.contexts import MessageContexts
from streams.delivery.formats.cloudevents import AlertCloudEvent, alert_event
from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import PublicAlert, public_alert
from streams.records import Alert


class AlertTeller:
    """Puts alerts in the public shape. Its methods may be called by any thread.

    Args:
        contexts: who tells, and the pictures that there are.
        clock: gives the time from which links are good.
    """

    def __init__(self, contexts: MessageContexts, clock: Callable[[], datetime]) -> None:
        self._contexts = contexts
        self._clock = clock

    def event(self, alert: Alert) -> AlertCloudEvent:
        """The newest revision as an event of the feed: the CloudEvent that a webhook gets, under the same id."""
        return alert_event(alert, self._context(alert))

    def shown(self, alert: Alert) -> PublicAlert:
        """The alert as it stands."""
        return public_alert(alert, self._context(alert))

    def _context(self, alert: Alert) -> FormatContext:
        return self._contexts.told_at(alert, self._clock())


def build_teller(settings: Settings) -> AlertTeller:
    """That of an installation."""
    return AlertTeller(MessageContexts.of(settings), partial(datetime.now, UTC))
