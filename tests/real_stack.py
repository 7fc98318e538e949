"""The servers for tests that need real ones: started once for a whole run, in a folder of their own.

Tests share them, so each takes fresh names for its topics, keys and indices, and starts again what it stopped.
With PLATEWATCH_TEST_STACK_DIR the plain stack of that folder is used, and left running for the next run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from infra.local_stack.addresses import Security
from infra.local_stack.errors import ArtifactError
from infra.local_stack.stack import LocalStack

_PREFIX = "platewatch-stack-"


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """A running plain stack; `stack.addresses()` says where its services are."""
    if named := os.environ.get("PLATEWATCH_TEST_STACK_DIR"):
        running = LocalStack(Path(named))
        _up_or_skip(running)
        yield running
        return
    with _temporary_stack(Security.PLAIN) as running:
        yield running


@pytest.fixture(scope="session")
def secured_stack() -> Iterator[LocalStack]:
    """A running secured stack; `secured_stack.addresses()` has its logins."""
    with _temporary_stack(Security.SECURED) as running:
        yield running


@contextmanager
def _temporary_stack(security: Security) -> Iterator[LocalStack]:
    _remove_abandoned_stacks()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    # Run as root, the servers have an account of their own, which must be able to walk to their data.
    folder.chmod(0o755)
    stack = LocalStack(folder, security=security)
    try:
        _up_or_skip(stack)
        yield stack
    finally:
        stack.reset()
        shutil.rmtree(folder)


def _remove_abandoned_stacks() -> None:
    """End the servers of test runs that were killed: they outlive whoever started them, and hold 600 MB each."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)) and folder.stat().st_uid == os.geteuid():
            LocalStack(folder).reset()
            shutil.rmtree(folder, ignore_errors=True)


def _up_or_skip(stack: LocalStack) -> None:
    """Start the stack; without a network there are no servers, which only a run that must be complete forbids."""
    try:
        stack.up()
    except ArtifactError as error:
        if os.environ.get("PLATEWATCH_REQUIRE_REAL") == "1":
            raise
        pytest.skip(f"the real servers are not here: {error}")
