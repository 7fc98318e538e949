"""All formats: an alert in the words that a subscriber asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from streams.delivery.formats.cloudevents import as_cloudevent
from streams.delivery.formats.context import FormatContext
from streams.delivery.message import Payload
from streams.delivery.subscription import AlertFormat, Subscription
from streams.records import Alert

__all__ = ["FormatContext", "format_alert"]


def _cloudevents(alert: Alert, _subscription: Subscription, context: FormatContext) -> Payload:
    return as_cloudevent(alert, context)


_FORMATS: Mapping[AlertFormat, Callable[[Alert, Subscription, FormatContext], Payload]] = MappingProxyType(
    {AlertFormat.CLOUDEVENTS: _cloudevents}
)


def format_alert(alert: Alert, subscription: Subscription, context: FormatContext) -> Payload:
    """An alert's newest revision in the format of a subscription."""
    return _FORMATS[subscription.format](alert, subscription, context)
