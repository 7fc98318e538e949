"""Common Alerting Protocol 1.2 (OASIS), XML. Pure.

An alert's life is told as CAP tells it: the first message is an `Alert`, what follows an `Update` of those before it,
and one that is over a `Cancel`. `Observed` it is only after a person compared picture and wanted plate.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree

from streams.delivery.choice import chosen_events
from streams.delivery.formats import wording
from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import PublicAlert, PublicSighting, public_alert
from streams.delivery.message import Payload
from streams.delivery.subscription import Subscription, delivery_id
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, Outcome

CONTENT_TYPE = "application/cap+xml"
NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"

_RESTRICTION = "Law enforcement only"

_RADIUS_KM = 0.1
"""Of a sighting's area: a camera's place says where the vehicle was to within its view."""

_STATUSES = {AlertPurpose.ACTUAL: "Actual", AlertPurpose.EXERCISE: "Exercise", AlertPurpose.TEST: "Test"}
_OVER = frozenset({AlertState.REJECTED, AlertState.NOT_CONFIRMED, AlertState.CLEARED})
_URGENCIES = {1: "Immediate", 2: "Immediate", 3: "Expected", 4: "Future", 5: "Future"}
_SEVERITIES = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor", 5: "Minor"}

_NOT_IN_NAMES = re.compile(r"[\s,<&]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_cap(alert: Alert, subscription: Subscription, context: FormatContext) -> Payload:
    """The alert's newest revision as a CAP message."""
    public = public_alert(alert, context)
    root = ElementTree.Element("alert", {"xmlns": NAMESPACE})
    earlier = _earlier(alert, subscription)
    _add(root, "identifier", _identifier(alert, alert.revision))
    _add(root, "sender", _name(context.source))
    _add(root, "sent", _moment(alert.steps[-1].at))
    _add(root, "status", _STATUSES[alert.purpose])
    _add(root, "msgType", _message_type(alert, earlier))
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    _add(root, "note", public.purpose_notice)
    references = (f"{_name(context.source)},{_identifier(alert, number)},{_moment(at)}" for number, at in earlier)
    _add(root, "references", " ".join(references))
    _add(root, "incidents", _name(alert.id))
    _add_info(root, alert, public, context)
    return Payload(CONTENT_TYPE, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _earlier(alert: Alert, subscription: Subscription) -> list[tuple[int, datetime]]:
    """Revisions that the subscriber asked for and that came before this one, with their times.

    One that is told of an alert for the first time because it is no longer merely possible gets an `Alert`: an `Update`
    of what it never had might be thrown away. So does everyone when it is reopened: what was cancelled is no more, and
    what comes then is an update of the reopening.
    """
    if alert.steps[-1].event is AlertEvent.UPGRADED and Outcome.POSSIBLE not in subscription.choice.outcomes:
        return []
    wanted = chosen_events(subscription.choice)
    first = alert.revision - len(alert.steps) + 1
    reopened = max((n for n, step in enumerate(alert.steps) if step.event is AlertEvent.REOPENED), default=0)
    told = list(enumerate(alert.steps))[reopened:-1]
    return [(first + n, step.at) for n, step in told if step.event in wanted]


def _message_type(alert: Alert, earlier: list[tuple[int, datetime]]) -> str:
    if not earlier:
        return "Alert"
    return "Cancel" if alert.state in _OVER else "Update"


def _add_info(root: ElementTree.Element, alert: Alert, public: PublicAlert, context: FormatContext) -> None:
    info = ElementTree.SubElement(root, "info")
    over = alert.state in _OVER
    past = over or alert.hit.late or alert.hit.historical
    _add(info, "language", "en-US")
    _add(info, "category", "Security")
    _add(info, "event", wording.category_words(public.wanted.category))
    _add(info, "responseType", "AllClear" if over else "Assess")
    _add(info, "urgency", "Past" if past else _URGENCIES[alert.priority])
    _add(info, "severity", _SEVERITIES[alert.priority])
    _add(info, "certainty", _certainty(alert))
    _add(info, "senderName", context.agency)
    _add(info, "headline", public.headline)
    _add(info, "description", "\n".join(_description(alert, public)))
    _add(info, "instruction", "\n".join(filter(None, (public.notice, public.wanted.instructions))))
    _add(info, "web", public.link)
    for name, value in _parameters(public):
        if value:
            parameter = ElementTree.SubElement(info, "parameter")
            _add(parameter, "valueName", name)
            _add(parameter, "value", value)
    _add_resources(info, public, context)
    for sighting in public.sightings:
        _add_area(info, sighting)


def _certainty(alert: Alert) -> str:
    if alert.state is AlertState.REJECTED:
        return "Unlikely"
    if alert.is_verified:
        return "Observed"
    return "Possible" if alert.hit.outcome is Outcome.POSSIBLE else "Likely"


def _description(alert: Alert, public: PublicAlert) -> Iterable[str]:
    yield from filter(None, (public.purpose_notice, public.wanted.reason, public.vehicle_comparison))
    yield from wording.remarks(alert)
    yield from wording.doubtful_characters(alert)
    yield wording.step_words(alert.steps[-1])


def _parameters(public: PublicAlert) -> Iterable[tuple[str, str]]:
    yield "purpose", public.purpose
    yield "sounds", str(public.sounds).lower()
    yield "state", public.state
    yield "event", public.event
    yield "revision", str(public.revision)
    yield "priority", str(public.priority)
    yield "probability", str(public.probability)
    yield "outcome", public.outcome
    yield "wantedPlate", public.wanted.plate
    yield "wantedState", public.wanted.state or ""
    yield "readPlate", public.read.plate
    yield "readState", public.read.state or ""
    yield "hotlist", public.wanted.hotlist
    yield "entry", public.wanted.entry
    yield "caseNumber", public.wanted.case_number
    yield "recordNumber", public.wanted.record_number
    yield "takenBy", public.taken_by
    yield "cleared", public.cleared or ""


def _add_resources(info: ElementTree.Element, public: PublicAlert, context: FormatContext) -> None:
    for sighting in public.sightings:
        if sighting.image:
            resource = ElementTree.SubElement(info, "resource")
            _add(resource, "resourceDesc", f"Captured plate {sighting.plate}, camera {sighting.camera}")
            _add(resource, "mimeType", "image/jpeg")
            _add(resource, "uri", sighting.image)
    if context.crop is not None:
        resource = ElementTree.SubElement(info, "resource")
        _add(resource, "resourceDesc", f"Captured plate {public.read.plate}")
        _add(resource, "mimeType", "image/jpeg")
        _add(resource, "size", str(len(context.crop)))
        _add(resource, "derefUri", b64encode(context.crop).decode())


def _add_area(info: ElementTree.Element, sighting: PublicSighting) -> None:
    area = ElementTree.SubElement(info, "area")
    _add(area, "areaDesc", f"camera {sighting.camera}")
    if sighting.location:
        _add(area, "circle", f"{sighting.location.lat:.6f},{sighting.location.lon:.6f} {_RADIUS_KM}")


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    """Add an element that says something; CAP has no use for an empty one."""
    if text:
        ElementTree.SubElement(parent, name).text = _legal(text)


def _legal(text: str) -> str:
    """Without the characters that no XML may hold, however they are escaped."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _name(text: str) -> str:
    """CAP lists names between blanks and commas, so they hold none."""
    return _NOT_IN_NAMES.sub("_", text)


def _identifier(alert: Alert, revision: int) -> str:
    return _name(delivery_id(alert.id, revision))


def _moment(moment: datetime) -> str:
    """CAP wants an offset in figures, and that of UTC as -00:00."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"
