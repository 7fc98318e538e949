"""Alerts at the command line: what a person is shown before a step, and what a step must be given."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from infra.cli.alert_view import alert_page, alert_table
from infra.cli.main import main
from streams.alerts.growth import grow
from streams.records import Alert, AlertPurpose, AlertState, Evidence
from tests.alert_builders import build_in, build_sighting, grown_hit
from tests.builders import build_alert, build_detection, build_entry, build_hit, build_match

NO_GROUND = "no ground for a stop by itself"

STEP = ["--by", "Dispatcher Reed", "--role", "dispatcher"]
SEEN = ["--plate-read", "ABC123", "--state-agrees", "--vehicle-agrees"]


def printed(what: RenderableType, width: int = 200) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def misread() -> Alert:
    """An alert whose B was read as an 8."""
    evidence = Evidence(text=0.6, color_ratio=3.0, alternatives={"A8C123": 0.3})
    match = build_match(detection=build_detection("A8C123"), entry=build_entry("ABC123"), evidence=evidence)
    return build_alert(hit=build_hit(match=match))


@pytest.mark.policy("KY-IV.H.1")
def test_the_plate_that_was_read_stands_under_the_wanted_one_and_what_differs_is_marked() -> None:
    lines = printed(alert_page(misread())).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("  wanted  "))
    assert [line.rstrip() for line in lines[place : place + 3]] == [
        "  wanted  A B C 1 2 3",
        "  read    A 8 C 1 2 3",
        "            ^          differs",
    ]


@pytest.mark.policy("KY-H.2")
def test_an_alert_that_is_not_verified_is_shown_as_no_ground_for_a_stop() -> None:
    for state in AlertState:
        alert = build_in(state)
        assert (NO_GROUND in printed(alert_page(alert))) is not alert.is_verified


@pytest.mark.policy("KY-J.4")
def test_a_page_holds_evidence_instructions_sightings_and_history() -> None:
    alert = build_in(AlertState.CLEARED)
    sightings = (build_sighting(), build_sighting("A8C123", 60, camera="north", distance_km=1.5))
    grown = grow(alert, grown_hit(alert, sightings=sightings))
    assert grown is not None
    page = printed(alert_page(grown))
    for words in (
        "cleared (arrest), revision 6, taken by Dispatcher Reed",
        "STOLEN VEHICLE, priority 3",
        "instructions: stop only with probable cause and ID occupants",
        "A8C123 at north, 95 % by itself, 1.5 km from the one before; not the plate that was verified",
        "plate read by a person: ABC123; state agrees, vehicle agrees",
        "by Officer Lane (patrol): driver in custody",
    ):
        assert words in page
    assert "evidence: characters 60 %, color 3 times as likely" in printed(alert_page(misread()))
    assert "or perhaps: A8C123 30 %" in printed(alert_page(misread()))


def test_an_exercise_says_so_on_its_page_and_in_the_table() -> None:
    exercise = build_alert(purpose=AlertPurpose.EXERCISE)
    assert "Exercise: nobody is to act on it" in printed(alert_page(exercise))
    assert "received (exercise)" in printed(alert_table([exercise]))


def test_a_reopened_alert_says_on_its_page_and_in_the_table_that_the_vehicle_is_seen_again() -> None:
    unconfirmed = build_in(AlertState.NOT_CONFIRMED)
    reopened = grow(unconfirmed, grown_hit(unconfirmed))
    assert reopened is not None
    page = printed(alert_page(reopened))
    assert "SEEN AGAIN after it was not confirmed, now at gate" in page
    assert "received, revision 4, taken by nobody" in page
    assert "received, seen again" in printed(alert_table([reopened]))
    assert "seen again" not in printed(alert_table([build_in(AlertState.RECEIVED)]))


def test_the_table_shows_where_each_alert_stands() -> None:
    table = printed(alert_table([build_in(AlertState.RECEIVED), build_in(AlertState.CLEARED)]))
    assert "received" in table
    assert "arrest" in table


def test_an_id_is_whole_in_the_narrowest_terminal_for_commands_need_it() -> None:
    alert = build_alert(id="a" * 26)
    assert alert.id in printed(alert_table([alert]), width=40)


def test_what_a_text_holds_is_never_taken_for_markup() -> None:
    entry = build_entry(instructions="call [red]Ruiz[/red] first")
    assert "call [red]Ruiz[/red] first" in printed(
        alert_page(build_alert(hit=build_hit(match=build_match(entry=entry))))
    )


@pytest.fixture
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_an_empty_folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["verify", "a1", *STEP, *SEEN[2:]], "Missing option '--plate-read'", id="plate"),
        pytest.param(["verify", "a1", *STEP, *SEEN[:2], SEEN[3]], "Missing option '--state-agrees'", id="state"),
        pytest.param(["verify", "a1", *STEP, *SEEN[:3]], "Missing option '--vehicle-agrees'", id="vehicle"),
        pytest.param(["verify", "a1", *STEP[:2], *SEEN], "Missing option '--role'", id="role"),
        pytest.param(["take", "a1", *STEP[2:]], "Missing option '--by'", id="by"),
        pytest.param(["take", "a1", *STEP[:3], "system"], "'system' is no role; give one of", id="system"),
        pytest.param(["reject", "a1", *STEP, *SEEN], "Missing option '--reason'", id="reason"),
        pytest.param(["clear", "a1", *STEP, "--reason", "r"], "Missing option '--outcome'", id="outcome"),
        pytest.param(["list", "--limit", "0"], "greater than or equal to 1", id="limit"),
    ],
)
def test_a_step_names_the_option_that_it_lacks(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["platewatch", "alert", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())
