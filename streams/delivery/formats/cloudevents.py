"""CloudEvents 1.0, structured JSON: the format that a subscriber gets who asks for no other. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import PublicAlert, public_alert
from streams.delivery.message import Payload
from streams.delivery.subscription import delivery_id
from streams.records import Alert, Timestamp

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"

SCHEMA = "urn:platewatch:alert-event:1"
"""Names the published JSON Schema, docs/schemas/alert-event.json; the number goes up with a change that breaks."""

DATA_SCHEMA = f"{SCHEMA}#/$defs/{PublicAlert.__name__}"


class AlertCloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an alert, as a CloudEvent."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """The alert's id and its revision; the same at every try. Who knows it has had this message."""
    source: str
    """Which installation tells it."""
    type: str
    """`platewatch.alert.` and what happened: `platewatch.alert.raised`."""
    subject: str
    """The alert's id: the same for all its revisions."""
    time: Timestamp
    """When it happened."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = DATA_SCHEMA
    data: PublicAlert


def alert_event(alert: Alert, context: FormatContext) -> AlertCloudEvent:
    """The alert's newest revision as an event."""
    step = alert.steps[-1]
    return AlertCloudEvent(
        id=delivery_id(alert.id, alert.revision),
        source=context.source,
        type=f"platewatch.alert.{step.event}",
        subject=alert.id,
        time=step.at,
        data=public_alert(alert, context),
    )


def as_cloudevent(alert: Alert, context: FormatContext) -> Payload:
    """The alert's newest revision as a message."""
    return Payload(CONTENT_TYPE, msgspec.json.encode(alert_event(alert, context)))
