from __future__ import annotations

import hashlib
import socket
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from dashboards.console_server import listen
from dashboards.console_tokens import read_tokens
from infra.cli.console import app
from infra.health import PortTakenError
from infra.settings.console import ConsoleSettings
from streams.people import Role


def test_a_token_is_shown_once_with_the_line_that_knows_only_its_digest(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["token", "--name", "D. Reed", "--role", "dispatcher"])
    assert answer.exit_code == 0, answer.output
    token, line = answer.stdout.splitlines()
    file = tmp_path / "tokens.yaml"
    file.write_text(f"{line}\n", encoding="utf-8")
    [entry] = read_tokens(file)
    assert (entry.name, entry.role) == ("D. Reed", Role.DISPATCHER)
    assert entry.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert token not in line


def test_a_token_needs_a_role_of_a_person() -> None:
    answer = CliRunner().invoke(app, ["token", "--name", "P", "--role", "system"])
    assert answer.exit_code != 0
    assert "no role" in answer.output


async def test_a_port_that_is_taken_is_told_with_the_setting_to_change() -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        console = ConsoleSettings(port=taken.getsockname()[1])
        with pytest.raises(PortTakenError, match=r"console\.port"):
            await listen(runner, console)
    await runner.cleanup()
