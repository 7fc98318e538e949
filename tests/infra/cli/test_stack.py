"""`platewatch stack` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from infra.cli.main import main
from infra.cli.stack import NOT_ALL_UP, app, start_progress
from infra.local_stack.artifacts import FetchProgress
from infra.local_stack.launch import Service
from infra.local_stack.progress import Phase, StackEvent


def test_status_of_a_stopped_stack_has_its_own_exit_code(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--state-dir", str(tmp_path), "--json"])
    assert result.exit_code == NOT_ALL_UP
    services = json.loads(result.stdout)
    assert [(item["service"], item["state"]) for item in services] == [
        ("kafka", "down"),
        ("elasticsearch", "down"),
        ("redis", "down"),
    ]


def run_main(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["platewatch", "stack", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code


def test_what_goes_wrong_is_one_line_and_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.json").write_text('{"format": 99}')
    assert run_main(["up", "--state-dir", str(tmp_path)], monkeypatch) == 2
    said = capsys.readouterr().err
    assert said.startswith("platewatch: ")
    assert "format 99" in said
    assert said.count("\n") == 1


def test_ports_come_from_a_settings_file_that_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["up", "--state-dir", str(tmp_path), "--ports-from", str(tmp_path / "none.yaml")]
    assert run_main(arguments, monkeypatch) == 2
    assert "none.yaml cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_a_start_tells_how_far_it_is(terminal: bool) -> None:
    console = Console(force_terminal=terminal, width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file, start_progress(console) as on_progress:
        for done in range(3):
            on_progress(StackEvent(Phase.FETCHING, fetched=FetchProgress(done, 47, 1_000_000)))
        on_progress(StackEvent(Phase.STARTING, Service.KAFKA))
        on_progress(StackEvent(Phase.UP, Service.KAFKA))
        on_progress(StackEvent(Phase.STARTING, Service.REDIS))
    text = console.export_text()
    assert "kafka up" in text
    assert "redis starting" in text
