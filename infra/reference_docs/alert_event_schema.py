"""The JSON Schema of what subscribers get of an alert: the CloudEvent, and the public alert inside of it."""

from __future__ import annotations

from typing import Any

import msgspec

from infra.reference_docs.record_schemas import DIALECT, describe
from streams import records
from streams.delivery.formats import cloudevents, public_alert
from streams.delivery.formats.cloudevents import SCHEMA, AlertCloudEvent

ALERT_EVENT = "alert-event.json"


def alert_event_schema() -> dict[str, Any]:
    """The schema, complete in itself; the event's `dataschema` names the part of it that describes `data`."""
    definitions: dict[str, Any] = dict(msgspec.json.schema(AlertCloudEvent)["$defs"])
    describe(definitions, records, public_alert, cloudevents)
    root = definitions.pop(AlertCloudEvent.__name__)
    return {
        "$schema": DIALECT,
        "$id": SCHEMA,
        "$comment": "Generated from streams/delivery/formats. Fields may be added: leave out those you do not know.",
        **root,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
