"""NENA's Emergency Incident Data Object (NENA-STA-021.1b), JSON, with the vehicle component. Pure.

The standard's registries have no word for a hot-list hit: where a registry's value is asked for it is `Other`, and the
field beside it that is the agency's own says what it is.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from streams.delivery.formats import wording
from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import CapturedPlate, PublicAlert, PublicSighting, WantedPlate, public_alert
from streams.delivery.message import Payload
from streams.records import Alert, AlertPurpose

CONTENT_TYPE = "application/json"
VERSION = "1.0"
"""Of the object's structure; NENA-STA-021.1b names no other."""

_OTHER = "Other"
_CONTEXT = "./JSON-LD_Contexts/EmergencyIncidentDataObjectType.jsonld"

Component = dict[str, Any]


def as_eido(alert: Alert, context: FormatContext) -> Payload:
    """The alert's newest revision as an incident."""
    return Payload(CONTENT_TYPE, msgspec.json.encode(_Eido(alert, public_alert(alert, context), context).incident()))


@dataclass(frozen=True, slots=True)
class _Eido:
    """One alert on its way to an EIDO; every component has its name, its time and whoever changed it last."""

    alert: Alert
    public: PublicAlert
    context: FormatContext

    def incident(self) -> Component:
        """The whole object."""
        return self._component(
            "",
            eidoVersion=VERSION,
            issuingElementIdentification=self.context.source,
            agencyComponent=[self._agency()],
            incidentComponent=self._incident(),
            vehicleComponent=list(self._vehicles()),
            locationComponent=[self._location(n, one) for n, one in enumerate(self.public.sightings)],
            notesComponent=[self._note(n, words) for n, words in enumerate(self._notes())],
            mediaComponent=list(self._media()),
        ) | {"@context": {"@vocab": _CONTEXT}}

    def _component(self, part: str, **fields: Any) -> Component:
        return {
            "$id": self._id(part),
            "lastUpdateTimeStamp": self.alert.steps[-1].at,
            "updatedByAgencyReference": {"$ref": self._id("agency")},
            **{name: value for name, value in fields.items() if value not in ("", [])},
        }

    def _id(self, part: str) -> str:
        incident = f"urn:emergency:uid:incidentid:{self.alert.id}:{self.context.source}"
        return f"{incident}:{part}" if part else incident

    def _reference(self, part: str) -> list[Component]:
        return [{"$ref": self._id(part)}]

    def _agency(self) -> Component:
        return self._component(
            "agency",
            agencyJcard=_jcard(self.context.agency),
            agencyRoleDescriptionRegistryText=[_OTHER],
            agencyType=["police"],
        )

    def _incident(self) -> Component:
        public = self.public
        marks = [] if public.purpose is AlertPurpose.ACTUAL else [public.purpose]
        cleared = [] if public.cleared is None else [self._disposition(public.cleared)]
        return self._component(
            "incident",
            incidentTypeCommonRegistryText=_OTHER,
            incidentTypeInternalCode=public.wanted.category,
            incidentTypeInternalText=public.headline,
            incidentStatusInternalText=[*marks, public.state, "sounds" if public.sounds else "silent"],
            internalIncidentId=public.alert,
            documentIdentification=[text for text in (public.wanted.case_number, public.wanted.record_number) if text],
            incidentPriorityInternalText=str(public.priority),
            incidentCommonPriorityNumber=public.priority,
            locationReference=[{"$ref": self._id(f"location:{n}")} for n, _ in enumerate(public.sightings)],
            vehicleReference=self._reference("vehicle:seen") + self._reference("vehicle:wanted"),
            notesReference=[{"$ref": self._id(f"note:{n}")} for n, _ in enumerate(self._notes())],
            dispositionComponent=cleared,
        )

    def _disposition(self, cleared: str) -> Component:
        return self._component("disposition", dispositionCommonRegistryCode=_OTHER, dispositionDescriptionText=cleared)

    def _vehicles(self) -> Iterator[Component]:
        deciding = next((n for n, one in enumerate(self.public.sightings) if one.frame is not None), 0)
        yield self._component(
            "vehicle:seen",
            ncVehicleComponent=_seen_vehicle(self.public.read),
            vehicleRelationshipType=[_OTHER],
            vehicleRelationshipTimeStamp=self.public.raised_at,
            locationReference=self._reference(f"location:{deciding}"),
            mediaReferences=[{"$ref": self._id(f"media:{n}")} for n, _ in self._pictures()],
        )
        yield self._component(
            "vehicle:wanted",
            ncVehicleComponent=_wanted_vehicle(self.public.wanted),
            vehicleRelationshipType=[_OTHER],
            vehicleRelationshipTimeStamp=self.public.raised_at,
        )

    def _location(self, number: int, sighting: PublicSighting) -> Component:
        moment = sighting.captured_at.isoformat(timespec="milliseconds")
        return self._component(
            f"location:{number}",
            locationTypeDescriptionRegistryText=_OTHER,
            locationDescriptionText=f"camera {sighting.camera}, {moment}, read {sighting.plate}",
            locationByValue=_pidf_lo(sighting, self.context.source),
        )

    def _note(self, number: int, words: str) -> Component:
        return self._component(f"note:{number}", notesActionComments=html.escape(words))

    def _notes(self) -> Iterator[str]:
        public = self.public
        yield from filter(None, (public.purpose_notice, public.notice, public.headline))
        if public.wanted.instructions:
            yield f"Instructions: {public.wanted.instructions}"
        yield from filter(None, (public.wanted.reason, public.vehicle_comparison, public.link))
        yield from wording.remarks(self.alert)
        yield from wording.doubtful_characters(self.alert)
        yield from (f"{wording.clock(step.at)} {wording.step_words(step)}" for step in self.alert.steps)

    def _media(self) -> Iterator[Component]:
        for number, sighting in self._pictures():
            label = f"Captured plate {sighting.plate}, camera {sighting.camera}"
            yield self._component(f"media:{number}", uri=sighting.image, contentType="image/jpeg", label=label)

    def _pictures(self) -> list[tuple[int, PublicSighting]]:
        return [(number, one) for number, one in enumerate(self.public.sightings) if one.image]


def _seen_vehicle(read: CapturedPlate) -> Component:
    seen = read.vehicle
    return _vehicle(
        otherIdentification=_plate(read.plate, read.state),
        makeName=_text(seen.make.value if seen and seen.make else ""),
        modelName=_text(seen.model.value if seen and seen.model else ""),
        conveyanceColorPrimary=_text(seen.color.value if seen and seen.color else ""),
        description=_text("The vehicle seen."),
    )


def _wanted_vehicle(wanted: WantedPlate) -> Component:
    vehicle = wanted.vehicle
    words = wording.vehicle_words(vehicle)
    whose = (
        "The vehicle that the stolen plate belongs to" if wanted.category == "stolen-plate" else "The vehicle wanted"
    )
    return _vehicle(
        otherIdentification=_plate(wanted.plate, wanted.state),
        makeName=_text(vehicle.make if vehicle else ""),
        modelName=_text(vehicle.model if vehicle else ""),
        style=_text(vehicle.style if vehicle else ""),
        conveyanceColorPrimary=_text(vehicle.color if vehicle else ""),
        description=_text(f"{whose}: {words or 'not described'}."),
    )


def _vehicle(**fields: list[Component]) -> Component:
    return {name: value for name, value in fields.items() if value}


def _plate(plate: str, state: str | None) -> list[Component]:
    identification = {
        "identificationID": _text(plate),
        "category": _text("license plate"),
        "source": _text(state or ""),
    }
    return [{name: value for name, value in identification.items() if value}]


def _text(words: str) -> list[Component]:
    """NIEM's text; each of a vehicle's facts may be there several times."""
    return [{"value": words}] if words else []


def _jcard(agency: str) -> str:
    """The agency's name as a jCard (RFC 7095), which the standard wants as text."""
    if not agency:
        return ""
    properties = [["version", {}, "text", "4.0"], ["fn", {}, "text", agency], ["kind", {}, "text", "org"]]
    return msgspec.json.encode(["vcard", properties]).decode()


def _pidf_lo(sighting: PublicSighting, source: str) -> str:
    """The place as PIDF-LO (RFC 5491), which the standard wants as text; empty where nobody knows it."""
    if sighting.location is None:
        return ""
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml" '
        f"entity={quoteattr(f'pres:camera@{source}')}>"
        '<dm:device id="camera"><gp:geopriv><gp:location-info><gml:Point srsName="urn:ogc:def:crs:EPSG::4326">'
        f"<gml:pos>{sighting.location.lat} {sighting.location.lon}</gml:pos>"
        "</gml:Point></gp:location-info><gp:usage-rules/></gp:geopriv>"
        f"<dm:timestamp>{sighting.captured_at.isoformat(timespec='milliseconds')}</dm:timestamp></dm:device></presence>"
    )
