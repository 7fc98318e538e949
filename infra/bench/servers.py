"""Servers of a bench's own, gone with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local_stack.stack import LocalStack


@contextmanager
def own_servers() -> Iterator[tuple[Path, LocalStack]]:
    """A folder, and a stack in it that runs; both are gone at the end.

    Raises:
        LocalStackError: the servers do not start.
    """
    with tempfile.TemporaryDirectory(prefix="platewatch-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servers may run as another account
        stack = LocalStack(folder / "stack")
        try:
            stack.up()
            yield folder, stack
        finally:
            stack.reset()
