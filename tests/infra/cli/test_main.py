"""Bad input at the command line: one line that says what to do, an exit code that is not 0, no traceback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.cli.main import main


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["platewatch", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    code = exit_.value.code
    assert isinstance(code, int)
    return code, " ".join(capsys.readouterr().err.split())


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ["search", "ABC123"], "needs a case number (--case) or a reason (--reason)", id="search-without-reason"
        ),
        pytest.param(["search", "A*", "--case", "1"], "give at least 2", id="pattern-that-would-browse"),
        pytest.param(["search", "AB12", "--case", "1", "--near", "here"], "is not lat,lon,km", id="area-that-is-none"),
        pytest.param(["hotlist", "load", "gone.csv", "--list", "x"], "gone.csv cannot be read", id="missing-hot-list"),
        pytest.param(
            ["settings", "check", "--settings", "gone.yaml"], "gone.yaml cannot be read", id="missing-settings"
        ),
        pytest.param(
            ["camera", "run", "--source", "gone.mp4"], "there is no file or folder gone.mp4", id="missing-video"
        ),
        pytest.param(["serch"], "No such command 'serch'", id="misspelt-command"),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = run(arguments, monkeypatch, capsys)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("kafka: {boostrap: x}", "did you mean 'kafka.bootstrap'?", id="unknown-key"),
        pytest.param("kafka: [", "line", id="broken-yaml"),
        pytest.param("- a\n- b\n", "not areas with keys", id="a-list"),
        pytest.param("kafka: {partitions: many}", "kafka.partitions", id="text-for-a-number"),
        pytest.param("delivery: {private_networks: ['10.20']}", "write it as 10.20.0.0/16", id="no-network"),
        pytest.param("kafka: {security: sasl_ssl}", "username and password_file", id="secured-without-user"),
    ],
)
def test_a_broken_settings_file_is_told_in_one_line(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path("broken.yaml")
    file.write_text(content)
    code, err = run(["settings", "check", "--settings", str(file)], monkeypatch, capsys)
    assert code == 2
    assert "broken.yaml" in err
    assert said in err


@pytest.mark.parametrize("command", [["init"], ["search", "AB12", "--case", "1"]])
def test_servers_that_do_not_run_are_told_in_one_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken_port() as silent:
        monkeypatch.setenv("PLATEWATCH_KAFKA__BOOTSTRAP", f"127.0.0.1:{silent}")
        monkeypatch.setenv("PLATEWATCH_ELASTICSEARCH__URL", f"http://127.0.0.1:{silent}")
        code, err = run(command, monkeypatch, capsys)
    assert code == 2
    assert str(silent) in err


def test_a_worker_whose_port_is_taken_names_port_and_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken_port() as port:
        monkeypatch.setenv("PLATEWATCH_WORKERS__FIRST_PORT", str(port - 1))
        code, err = run(["worker", "matching"], monkeypatch, capsys)
    assert code == 2
    assert f"port {port}" in err
    assert "workers.first_port" in err
