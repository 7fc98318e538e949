"""EIDO: the parts of NENA's object that we write, held to what its published description asks of them."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are a package of their own

from streams.delivery.formats.eido import as_eido
from streams.records import Alert, AlertEvent
from tests.alert_samples import CONTEXT, every_life, life_id, sample_alert
from tests.builders import build_alert, build_detection, build_hit, build_match

TEXTS = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/niemText"}}
STRINGS = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
REFERENCES = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/reference"}}
STRING = {"type": "string", "minLength": 1}
MOMENT = {"type": "string", "format": "date-time", "pattern": "Z$"}


def component(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """A component with the prologue that each has: its id, its time, and the agency that changed it last."""
    prologue = {
        "$id": STRING,
        "lastUpdateTimeStamp": MOMENT,
        "updatedByAgencyReference": {"$ref": "#/$defs/reference"},
        "mediaReferences": REFERENCES,
    }
    return {
        "type": "object",
        "required": ["$id", "lastUpdateTimeStamp", "updatedByAgencyReference", *required],
        "properties": {**prologue, **properties},
        "additionalProperties": False,
    }


def many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": schema}


VEHICLE = component(
    ("vehicleRelationshipType", "vehicleRelationshipTimeStamp"),
    ncVehicleComponent={
        "type": "object",
        "properties": {
            "otherIdentification": many({"$ref": "#/$defs/identification"}),
            **{name: TEXTS for name in ("makeName", "modelName", "style", "conveyanceColorPrimary", "description")},
        },
        "additionalProperties": False,
    },
    vehicleRelationshipType=STRINGS,
    vehicleRelationshipTimeStamp=MOMENT,
    locationReference=REFERENCES,
)
AGENCY = component(
    ("agencyRoleDescriptionRegistryText", "agencyType"),
    agencyJcard=STRING,
    agencyRoleDescriptionRegistryText=STRINGS,
    agencyType=STRINGS,
)
DISPOSITION = component(
    ("dispositionCommonRegistryCode",), dispositionCommonRegistryCode=STRING, dispositionDescriptionText=STRING
)
INCIDENT = component(
    ("incidentTypeCommonRegistryText",),
    **{
        name: STRING
        for name in ("incidentTypeCommonRegistryText", "incidentTypeInternalCode", "incidentTypeInternalText")
    },
    **{name: STRING for name in ("internalIncidentId", "incidentPriorityInternalText")},
    **{name: STRINGS for name in ("incidentStatusInternalText", "documentIdentification")},
    **{name: REFERENCES for name in ("locationReference", "vehicleReference", "notesReference")},
    incidentCommonPriorityNumber={"type": "integer"},
    dispositionComponent=many(DISPOSITION),
)
LOCATION = component(
    ("locationTypeDescriptionRegistryText",),
    locationTypeDescriptionRegistryText=STRING,
    locationDescriptionText=STRING,
    locationByValue=STRING,
)
EIDO: dict[str, Any] = {
    **component(
        ("eidoVersion", "issuingElementIdentification", "agencyComponent", "@context"),
        eidoVersion={"const": "1.0"},
        issuingElementIdentification=STRING,
        agencyComponent=many(AGENCY),
        incidentComponent=INCIDENT,
        vehicleComponent=many(VEHICLE),
        locationComponent=many(LOCATION),
        notesComponent=many(component(("notesActionComments",), notesActionComments=STRING)),
        mediaComponent=many(component(("uri", "contentType"), uri=STRING, contentType=STRING, label=STRING)),
        **{"@context": {"type": "object", "required": ["@vocab"]}},
    ),
    "$defs": {
        "reference": {
            "type": "object",
            "required": ["$ref"],
            "properties": {"$ref": STRING},
            "additionalProperties": False,
        },
        "niemText": {
            "type": "object",
            "required": ["value"],
            "properties": {"value": STRING},
            "additionalProperties": False,
        },
        "identification": {
            "type": "object",
            "required": ["identificationID"],
            "properties": {name: TEXTS for name in ("identificationID", "category", "source")},
            "additionalProperties": False,
        },
    },
}
"""What we write must hold and may hold, after the standard's OpenAPI description; nothing else may stand there."""

VALIDATOR = Draft202012Validator(EIDO)


def eido_of(alert: Alert) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_eido(alert, CONTEXT).body)
    VALIDATOR.validate(loaded)
    return loaded


@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_every_object_is_one_by_the_standard_and_its_references_lead_somewhere(alert: Alert) -> None:
    eido = eido_of(alert)
    ids = [part["$id"] for part in _objects(eido) if "$id" in part]
    assert len(ids) == len(set(ids))
    assert {part["$ref"] for part in _objects(eido) if "$ref" in part} <= set(ids)


def _objects(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        return [content, *(found for value in content.values() for found in _objects(value))]
    return [found for value in content for found in _objects(value)] if isinstance(content, list) else []


def test_the_vehicle_seen_and_the_one_wanted_stand_beside_each_other() -> None:
    seen, wanted = eido_of(sample_alert())["vehicleComponent"]
    plate = {
        "identificationID": [{"value": "ABC1234"}],
        "category": [{"value": "license plate"}],
        "source": [{"value": "US-KY"}],
    }
    assert seen["ncVehicleComponent"]["otherIdentification"] == [plate]
    assert seen["ncVehicleComponent"]["makeName"] == [{"value": "FORD"}]
    assert wanted["ncVehicleComponent"]["otherIdentification"] == [plate]
    assert wanted["ncVehicleComponent"]["makeName"] == [{"value": "TOYT"}]


def test_the_incident_says_state_priority_case_and_whether_it_sounds() -> None:
    incident = eido_of(sample_alert(AlertEvent.CONFIRMED))["incidentComponent"]
    assert incident["incidentStatusInternalText"] == ["confirmed", "sounds"]
    assert incident["incidentCommonPriorityNumber"] == 2
    assert incident["documentIdentification"] == ["26-001", "V123456789"]


def test_a_cleared_alert_has_its_disposition() -> None:
    incident = eido_of(sample_alert(AlertEvent.CLEARED))["incidentComponent"]
    assert [one["dispositionDescriptionText"] for one in incident["dispositionComponent"]] == ["misread"]


def test_the_place_is_a_presence_document_with_a_point() -> None:
    places = [one["locationByValue"] for one in eido_of(sample_alert())["locationComponent"]]
    points = [ElementTree.fromstring(place).findtext(".//{http://www.opengis.net/gml}pos") for place in places]
    assert points == ["38.19 -85.71", "38.2 -85.7"]


def test_a_camera_without_a_place_has_a_location_in_words_only() -> None:
    alert = build_alert(hit=build_hit(match=build_match(detection=build_detection(location=None))))
    (location,) = eido_of(alert)["locationComponent"]
    assert "locationByValue" not in location
    assert location["locationDescriptionText"].startswith("camera gate")


def test_notes_are_html_in_which_no_text_is_markup() -> None:
    alert = sample_alert()
    notes = [note["notesActionComments"] for note in eido_of(alert)["notesComponent"]]
    assert not any("<" in note for note in notes)
