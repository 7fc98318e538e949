"""Child processes that are started, started again when they end, and all gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

_RESTART_AFTER_S = 1.0
"""Pause before a child that ended is started again; doubles with each end in a row."""

_RESTART_LONGEST_S = 15.0
_STEADY_AFTER_S = 30.0
"""A child that ran this long before it ended is started again at once."""

_STOP_WITHIN_S = 12.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """What to run, and where its output goes."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Child:
    plan: ChildPlan
    process: subprocess.Popen[bytes]
    started_s: float
    ends: int = 0
    again_at_s: float | None = None


class Supervisor:
    """Owns its children; `tend` is called now and then, `stop` ends all of them. Used by one thread."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}

    def start(self, plan: ChildPlan) -> None:
        """Start a child, in a session of its own: Ctrl-C reaches us first, and we end it in order."""
        self._children[plan.name] = _Child(plan, _spawn(plan), time.monotonic())

    def tend(self) -> list[str]:
        """Start again what has ended; the names of those that were found ended."""
        ended = []
        now = time.monotonic()
        for child in self._children.values():
            if child.again_at_s is None and child.process.poll() is not None:
                ended.append(child.plan.name)
                child.ends = 0 if now - child.started_s > _STEADY_AFTER_S else child.ends + 1
                child.again_at_s = now + min(_RESTART_LONGEST_S, _RESTART_AFTER_S * 2 ** max(0, child.ends - 1))
                log.warning("child ended", child=child.plan.name, status=child.process.returncode)
            if child.again_at_s is not None and now >= child.again_at_s:
                child.process, child.started_s, child.again_at_s = _spawn(child.plan), now, None
        return ended

    def kill(self, name: str) -> None:
        """End a child as a crash would; `tend` starts it again."""
        self._children[name].process.kill()
        self._children[name].process.wait()

    def pid(self, name: str) -> int:
        """The child's process id."""
        return self._children[name].process.pid

    def stop(self) -> None:
        """Ask all to end, and end those that do not."""
        for child in self._children.values():
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in self._children.values():
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("child did not end in time, so it is killed", child=child.plan.name)
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self._children.clear()


def _spawn(plan: ChildPlan) -> subprocess.Popen[bytes]:
    plan.log_file.parent.mkdir(parents=True, exist_ok=True)
    with plan.log_file.open("ab") as output:
        return subprocess.Popen(
            list(plan.command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **plan.environment},
            start_new_session=True,
        )
