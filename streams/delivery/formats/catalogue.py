"""All formats: an alert in the words that a subscriber asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from streams.delivery.formats.cap import as_cap
from streams.delivery.formats.cloudevents import as_cloudevent
from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.eido import as_eido
from streams.delivery.formats.slack import as_slack
from streams.delivery.formats.teams import as_teams
from streams.delivery.formats.template import TemplateFailedError, TemplateRefusedError, as_template, check_template
from streams.delivery.message import Payload
from streams.delivery.subscription import AlertFormat, Subscription
from streams.records import Alert

__all__ = ["FormatContext", "TemplateFailedError", "TemplateRefusedError", "check_template", "format_alert"]


def format_alert(alert: Alert, subscription: Subscription, context: FormatContext) -> Payload:
    """An alert's newest revision in the format of a subscription.

    Raises:
        TemplateFailedError: the subscription's own template cannot put it in words.
    """
    return _FORMATS[subscription.format](alert, subscription, context)


def _cloudevent(alert: Alert, _subscription: Subscription, context: FormatContext) -> Payload:
    return as_cloudevent(alert, context)


def _eido(alert: Alert, _subscription: Subscription, context: FormatContext) -> Payload:
    return as_eido(alert, context)


def _slack(alert: Alert, _subscription: Subscription, context: FormatContext) -> Payload:
    return as_slack(alert, context)


def _teams(alert: Alert, _subscription: Subscription, context: FormatContext) -> Payload:
    return as_teams(alert, context)


def _template(alert: Alert, subscription: Subscription, context: FormatContext) -> Payload:
    return as_template(subscription.template, subscription.template_content_type, alert, context)


_FORMATS: Mapping[AlertFormat, Callable[[Alert, Subscription, FormatContext], Payload]] = MappingProxyType(
    {
        AlertFormat.CLOUDEVENTS: _cloudevent,
        AlertFormat.EIDO: _eido,
        AlertFormat.CAP: as_cap,
        AlertFormat.SLACK: _slack,
        AlertFormat.TEAMS: _teams,
        AlertFormat.TEMPLATE: _template,
    }
)
