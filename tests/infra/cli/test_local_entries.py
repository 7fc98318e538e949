"""Local entries at the command line: what is missing or wrong is told in one line, before any server is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from infra.cli.local_entry_view import entry_table, entry_text
from infra.cli.main import main
from streams.local_entries import propose_change
from streams.records import VehicleDescription
from tests.builders import moment
from tests.local_entry_builders import DAY_S, DEPUTY, RULES, build_active, build_proposed

TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
COMPLETE = [
    "--by", "Officer Lane", "--requested-by", "Det. Ruiz", "--case", "26-0417", "--synopsis", "robbery",
    "--category", "case", "--state", "any", "--valid-until", TOMORROW,
]  # fmt: skip


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["platewatch", "hotlist", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    code = exit_.value.code
    assert isinstance(code, int)
    return code, " ".join(capsys.readouterr().err.split())


def without(option: str) -> list[str]:
    place = COMPLETE.index(option)
    return [*COMPLETE[:place], *COMPLETE[place + 2 :]]


def instead(option: str, value: str) -> list[str]:
    return [*without(option), option, value]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.policy("KY-I.6")
@pytest.mark.parametrize(
    "option", ["--by", "--requested-by", "--case", "--synopsis", "--category", "--state", "--valid-until"]
)
def test_a_proposal_names_the_option_that_it_lacks(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = run(["propose", "ABC123", *without(option)], monkeypatch, capsys)
    assert code == 2
    assert f"Missing option '{option}'" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["propose", "ABC123", *instead("--case", " ")], "give the case number", id="blank-case"),
        pytest.param(["propose", "A?*", *COMPLETE], "give at least 3", id="too-little-known"),
        pytest.param(["propose", "ABC123", *instead("--state", "Ohio")], "no state or country", id="state"),
        pytest.param(["propose", "ABC123", *instead("--valid-until", "2020-01-01")], "give a later end", id="past"),
        pytest.param(["propose", "ABC123", *instead("--category", "amber")], "number of the alert", id="amber"),
        pytest.param(["change", "e1", "--by", "Officer Lane"], "nothing is to be changed", id="no-change"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_in_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = run(arguments, monkeypatch, capsys)
    assert code == 2
    assert said in err


def test_an_entry_is_shown_with_what_waits_and_its_history() -> None:
    active = build_active(vehicle=VehicleDescription(make="FORD", color="RED"))
    terms = msgspec.structs.replace(active.terms, instructions="call first")
    waiting = propose_change(active, terms, DEPUTY, rules=RULES, now=moment(120))
    lines = entry_text(waiting).splitlines()
    assert lines[0] == f"entry {active.id}: active"
    assert "  state: any" in lines
    assert "  vehicle: FORD RED" in lines
    assert lines[lines.index("change proposed by Deputy Hale, not in force:") + 1] == "  instructions: call first"
    assert lines[-3:] == [
        "  2026-11-22 12:00 proposed by Officer Lane (member)",
        "  2026-11-22 12:01 approved by Chief Moreno (administrator)",
        "  2026-11-22 12:02 change-proposed by Deputy Hale (administrator)",
    ]


@pytest.mark.policy("NY-VII.g")
def test_the_list_says_when_each_was_entered_and_became_active() -> None:
    console = Console(width=220, record=True)
    console.print(entry_table([build_active(), build_proposed(3600, state="US-KY")], moment(DAY_S)))
    active, proposed = [line for line in console.export_text().splitlines() if "26-0417" in line]
    assert all(part in active for part in ("active", "any", "2026-11-22 12:00", "2026-11-22 12:01"))
    assert all(part in proposed for part in ("proposed", "US-KY", "2026-11-22 13:00"))
    assert "over" in _shown_at(moment(20 * DAY_S))


def _shown_at(now: datetime) -> str:
    console = Console(width=220, record=True)
    console.print(entry_table([build_active()], now))
    return console.export_text()
