"""`platewatch webhook` on real servers: from a subscription to its removal, and test deliveries to a real receiver."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from streams.delivery.sealing import new_sealing_key
from tests.endpoint_servers import answer, receiver
from tests.worker_process import settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

PASSWORD = "hunter2 hunter2"
STEP = ["--by", "A. Admin", "--role", "administrator", "--reason", "agreed"]


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs commands with the settings of an installation."""

    settings_file: Path

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.cli.main", "webhook", *arguments, "--settings", str(self.settings_file)]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def terminal(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    delivery = {
        "sealing_key": new_sealing_key(),
        "schemes": ["https", "http"],
        "private_networks": ["127.0.0.0/8"],
    }
    file, settings = settings_beside(stack, tmp_path_factory.mktemp("webhooks"), 27190, delivery=delivery)
    initialise(settings)
    return Terminal(file)


@pytest.fixture
def subscription_id() -> str:
    """One that no other test has."""
    return f"command-test-{uuid4().hex[:12]}"


async def test_the_command_line_subscribes_tries_out_and_takes_off(
    terminal: Terminal, subscription_id: str, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    async with receiver() as taker:
        add = ["add", subscription_id, "--url", taker.url, "--agency", "Metro Police", "--camera", "north-*"]
        auth = ["--auth", "basic", "--username", "pw", "--auth-secret-file", str(password)]
        member = await terminal.run(*add, *auth, "--by", "Lane", "--reason", "agreed")
        assert member.returncode == 2
        assert "Lane is no administrator" in member.stderr
        added = await terminal.run(*add, *auth, *STEP)
        assert added.returncode == 0, added.stderr
        assert added.stdout.splitlines()[-1].startswith("whsec_")
        tried = await terminal.run("test", subscription_id)
        assert tried.returncode == 0, tried.stderr
        assert tried.stdout.startswith(f"{subscription_id}: taken after ")
        (taken,) = taker.taken
        assert b'"test"' in taken.body
        assert taken.headers["authorization"].startswith("Basic ")
        assert taken.headers["webhook-signature"].startswith("v1,")
    shown = await terminal.run("show", subscription_id)
    assert "cameras: north-*" in shown.stdout
    assert PASSWORD not in shown.stdout
    refused = await terminal.run("test", subscription_id)
    assert (refused.returncode, "not taken" in refused.stdout) == (2, True)
    assert (await terminal.run("remove", subscription_id, *STEP)).returncode == 0
    assert (await terminal.run("show", subscription_id)).returncode == 2


async def test_a_test_that_is_refused_says_what_came_back(terminal: Terminal, subscription_id: str) -> None:
    async with receiver(answer(404)) as taker:
        added = await terminal.run("add", subscription_id, "--url", taker.url, "--agency", "Metro Police", *STEP)
        tried = await terminal.run("test", subscription_id)
    assert added.returncode == 0, added.stderr
    assert tried.returncode == 2
    assert tried.stdout.rstrip().endswith("answered 404 Not Found")
    assert (await terminal.run("remove", subscription_id, *STEP)).returncode == 0
