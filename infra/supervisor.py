"""Child processes that are started, started again when they end, and all gone at the end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import psutil
import structlog

from infra.local_stack.processes import ProcessRecord, end, load_record, save_record

_RESTART_AFTER_S = 1.0
"""Pause before a child that ended is started again; doubles with each end in a row."""

_RESTART_LONGEST_S = 15.0
_STEADY_AFTER_S = 30.0
"""A child that ran this long before it ended is started again after the first pause."""

_STOP_WITHIN_S = 12.0
"""A worker gives Faust ten seconds to leave its group."""

log = structlog.get_logger(__name__)


class WhenEnded(Enum):
    """What follows the end of a child."""

    RESTART = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """What to run, and where its output goes."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    when_ended: WhenEnded = WhenEnded.RESTART


@dataclass(slots=True)
class _Child:
    plan: ChildPlan
    process: subprocess.Popen[bytes]
    started_s: float
    ends: int = 0
    again_at_s: float | None = None


class Supervisor:
    """Owns its children; `tend` is called now and then, `stop` ends all of them. Used by one thread.

    Args:
        records: folder in which children are noted. What an earlier supervisor left there, because it was killed, is
            ended at once: two workers of one group would share its partitions.
    """

    def __init__(self, records: Path) -> None:
        self._records = records
        self._children: dict[str, _Child] = {}
        records.mkdir(parents=True, exist_ok=True)
        for path in records.glob("*.json"):
            if (record := load_record(path)) is not None:
                end(record, limit_s=_STOP_WITHIN_S)
            path.unlink(missing_ok=True)

    def start(self, plan: ChildPlan) -> None:
        """Start a child, in a session of its own: Ctrl-C reaches us first, and we end it in order."""
        self._children[plan.name] = _Child(plan, self._spawn(plan), time.monotonic())

    def tend(self) -> None:
        """Start again what has ended, after a pause."""
        now = time.monotonic()
        for child in self._children.values():
            if child.plan.when_ended is WhenEnded.LEAVE:
                continue
            if child.again_at_s is None and child.process.poll() is not None:
                child.ends = 0 if now - child.started_s > _STEADY_AFTER_S else child.ends + 1
                child.again_at_s = now + min(_RESTART_LONGEST_S, _RESTART_AFTER_S * 2 ** max(0, child.ends - 1))
                log.warning("child ended", child=child.plan.name, status=child.process.returncode)
            if child.again_at_s is not None and now >= child.again_at_s:
                child.process, child.started_s, child.again_at_s = self._spawn(child.plan), now, None

    def exit_status(self, name: str) -> int | None:
        """The child's exit status; None while it runs."""
        return self._children[name].process.poll()

    def pid(self, name: str) -> int:
        """The child's process id."""
        return self._children[name].process.pid

    def kill(self, name: str) -> None:
        """End a child as a crash would; `tend` starts it again."""
        self._children[name].process.kill()
        self._children[name].process.wait()

    def stop(self) -> None:
        """Ask all to end, and end those that do not."""
        for child in self._children.values():
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in self._children.values():
            path = self._path(child.plan.name)
            if (record := load_record(path)) is not None:
                end(record, limit_s=max(0.1, deadline - time.monotonic()))
            child.process.wait()
            path.unlink(missing_ok=True)
        self._children.clear()

    def _spawn(self, plan: ChildPlan) -> subprocess.Popen[bytes]:
        plan.log_file.parent.mkdir(parents=True, exist_ok=True)
        with plan.log_file.open("ab") as output:
            process = subprocess.Popen(
                list(plan.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **plan.environment},
                start_new_session=True,
            )
        started = psutil.Process(process.pid).create_time()
        save_record(self._path(plan.name), ProcessRecord(process.pid, process.pid, started))
        return process

    def _path(self, name: str) -> Path:
        return self._records / f"{name}.json"
