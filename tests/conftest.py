"""What all tests share: the real servers, and that nobody leaves anything running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.node_programs", "tests.real_stack"]

_POOLED = ("asyncio_", "ThreadPoolExecutor-")
"""Threads of the loop's own pool, which outlive their work by design."""


@pytest.fixture(autouse=True)
def _no_thread_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a unit test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    if request.node.get_closest_marker("real"):
        return
    left = [thread for thread in set(threading.enumerate()) - before if not thread.name.startswith(_POOLED)]
    for thread in left:
        thread.join(timeout=2)
    alive = [thread.name for thread in left if thread.is_alive()]
    assert not alive, f"the test left threads running: {alive}"
