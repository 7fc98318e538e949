"""The formats that ship, each with a file as its maker writes it (rows invented)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.hotlists.hotlist_file import HotlistFile
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.template_catalogue import all_templates, find_template
from streams.records import Category, VehicleDescription

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def read(tmp_path: Path, template: str, content: str, category: Category | None = None) -> HotlistFile:
    path = tmp_path / "list.txt"
    path.write_text(content, encoding="utf-8", newline="")
    return HotlistLoader(find_template(template), "list", category=category).read(path, NOW)


def test_ncic_field_codes_say_why_where_from_and_with_what_care(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "ncic-codes",
        "MKE,LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,DOT,ORI,OCA,NIC,MIS\n"
        'EV-F,KKX 902,NB,2026,PC,1XX,2019,TOYT,CAM,4D,SIL,20260301,NB0000000,"26-9, REF 2",V0042,"ARMED, CAUTION"\n'
        "EL,ZZT551,KY,2026,PC,,,,,,,20260212,KY0000000,26-10,P000000043,\n",
    )
    felony, plate = found.entries
    assert (felony.category, felony.state, felony.plate) == (Category.STOLEN_VEHICLE, "US-NE", "KKX902")
    assert felony.instructions == "NCIC: Felony; ARMED, CAUTION"
    assert (felony.record_number, felony.case_number, felony.entered_by) == ("V0042", "26-9, REF 2", "NB0000000")
    assert felony.valid_from == datetime(2026, 3, 1, tzinfo=UTC)
    assert felony.vehicle == VehicleDescription(make="TOYOTA", model="CAM", color="SILVER", year="2019", style="4D")
    assert (plate.category, plate.instructions, plate.vehicle) == (Category.STOLEN_PLATE, "", None)


@pytest.mark.parametrize(("key", "instructions"), [("EV-Q", "NCIC: Q"), ("EV", "")])
def test_an_unknown_suffix_of_a_message_key_is_shown_as_it_is(tmp_path: Path, key: str, instructions: str) -> None:
    (entry,) = read(tmp_path, "ncic-codes", f"MKE,LIC,LIS\n{key},ABC123,KY\n").entries
    assert entry.instructions == instructions


def test_an_unknown_message_key_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, "ncic-codes", "MKE,LIC,LIS\nEV,ABC123,KY\nEQQ,XYZ123,KY\n")
    assert [row.reason for row in found.refused] == ["category 'EQQ' is not among the template's codes; add it there"]


@pytest.mark.parametrize(("template", "sign"), [("genetec-semicolon", ";"), ("genetec-comma", ",")])
def test_genetec_files_have_their_attributes_in_order(tmp_path: Path, template: str, sign: str) -> None:
    rows = ["Stolen;ON;KKX902;2026-01-31;2026-05-31;P1", "Faculty;QC;ZZT551;;;", "Amber Alert;KY;HHJ 11;2026-02-01;"]
    found = read(tmp_path, template, "\n".join(rows).replace(";", sign) + "\n", Category.CASE)
    assert [(one.category, one.state, one.plate, one.record_number) for one in found.entries] == [
        (Category.STOLEN_VEHICLE, "CA-ON", "KKX902", "P1"),
        (Category.CASE, "CA-QC", "ZZT551", ""),
        (Category.AMBER, "US-KY", "HHJ11", ""),
    ]
    assert found.entries[0].valid_until == datetime(2026, 6, 1, tzinfo=UTC)


def test_genetec_files_of_fixed_width_have_them_at_their_places(tmp_path: Path) -> None:
    rows = (
        "Stolen          KY  KKX 9022    2026-01-052026-12-31\r\n"
        "Wanted              TX4417                2026-06-30\r\n"
    )
    first, second = read(tmp_path, "genetec-fixed", rows).entries
    assert (first.category, first.state, first.plate) == (Category.STOLEN_VEHICLE, "US-KY", "KKX9022")
    assert (second.category, second.state, second.valid_from) == (Category.WARRANT, None, None)
    assert second.valid_until == datetime(2026, 7, 1, tzinfo=UTC)


def test_a_fixed_width_row_whose_last_cells_are_blank_may_end_early(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "genetec-fixed", "Stolen          KY  KKX9022\n").entries
    assert entry.plate == "KKX9022"


def test_alert_levels_travel_with_the_alert(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "vigilant-alerts",
        "Plate,State,Alert,AlertLevel,Make,Model,Color,Notes\n"
        "KKX902,KY,Stolen Vehicle,High,FORD,FOCUS,BLU,case 26-9\nZZT551,CA,Scofflaw,medium,,,,\n",
        Category.REVOKED,
    )
    stolen, other = found.entries
    assert (stolen.instructions, stolen.reason) == ("Alert level: high (red)", "Stolen Vehicle; case 26-9")
    assert (other.category, other.instructions) == (Category.REVOKED, "Alert level: medium (orange)")


def test_vehicles_of_parkpow_name_their_region(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "parkpow-vehicles",
        "timezone,created_date,created_time,license_plate,region,make,model,color,type,payment_status,Vehicle Tags\n"
        "US/Eastern,2026-03-01,08:15:00,kkx902,us-ky,Ford,Focus,blue,Sedan,,STOLEN\n"
        "US/Eastern,2026-03-01,08:15:00,zzt551,de,Opel,Astra,red,Sedan,,VIP\n",
        Category.CASE,
    )
    assert [(one.plate, one.state, one.category, one.reason) for one in found.entries] == [
        ("KKX902", "US-KY", Category.STOLEN_VEHICLE, "STOLEN"),
        ("ZZT551", "DE", Category.CASE, "VIP"),
    ]


def test_a_list_of_expected_vehicles_takes_the_category_of_the_list(tmp_path: Path) -> None:
    rows = "LICENSE_PLATE,MAKE,MODEL\nKKX902,TOYOTA,CAMRY\nZZT551,,\n"
    found = read(tmp_path, "platerecognizer-front-rear", rows, Category.SUSPECT)
    assert [one.vehicle for one in found.entries] == [VehicleDescription(make="TOYOTA", model="CAMRY"), None]
    assert {one.category for one in found.entries} == {Category.SUSPECT}


def test_every_template_that_ships_has_its_file_s_name_and_tells_itself_from_the_others() -> None:
    templates = all_templates(plugins=tuple)
    assert len({one.name for one in templates}) == len(templates)
    for one in templates:
        others = [other.required_header for other in templates if other.name != one.name]
        assert not any(one.required_header and one.required_header <= header for header in others), one.name
