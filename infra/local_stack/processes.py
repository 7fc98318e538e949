"""Starting, finding and ending servers that outlive the command that started them.

A server has a session of its own, and a record in the state folder says which process it is: number and time of start,
so that a number that the system has given to another process since is not taken for ours.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from infra.local_stack.account import ServiceAccount
from infra.local_stack.errors import StackStateError

# psutil computes the time of start from the clock, which may be set in between; a number is not used again that fast.
_START_TOLERANCE_S = 2.0
_KILL_LIMIT_S = 10.0
_POLL_S = 0.02


# The server's output joins the shell's standard error, which is the console file; the shell's own output is the number.
_IN_BACKGROUND = '"$@" >&2 & echo $!'


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """Which process a service is: its number, its session's, and its start in seconds since 1970."""

    pid: int
    session: int
    started: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and as whom a command runs.

    `home` is its working folder and its HOME; `environment` is what is set beside PATH, HOME and LANG, nothing else is
    inherited; `account` None means as ourselves; what it prints is appended to `console`.
    """

    home: Path
    environment: Mapping[str, str]
    account: ServiceAccount | None
    console: Path

    def options(self) -> dict[str, Any]:
        """The same as arguments for `subprocess`."""
        fixed = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.home), "LANG": "C.UTF-8"}
        options: dict[str, Any] = {"cwd": self.home, "env": {**fixed, **self.environment}}
        if self.account is not None:
            options |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": ()}
        return options


def load_record(path: Path) -> ProcessRecord | None:
    """The record in the file; None where there is none.

    Raises:
        StackStateError: the file is damaged.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return ProcessRecord(int(raw["pid"]), int(raw["session"]), float(raw["started"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path} is damaged: delete it, after ending the server by hand if it still runs"
        raise StackStateError(msg) from error


def save_record(path: Path, record: ProcessRecord) -> None:
    """Write the record; whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    temporary.replace(path)


def leader(record: ProcessRecord) -> psutil.Process | None:
    """The server's main process, if it still runs and is the same one."""
    process = _process(record.pid)
    if process is None or abs(process.create_time() - record.started) > _START_TOLERANCE_S:
        return None
    return process


def family(record: ProcessRecord) -> list[psutil.Process]:
    """All running processes of the server: also children that outlive it, since all of them share its session.

    None where the number belongs to a process of others now, which the system only does when ours are all gone.
    """
    first = _process(record.pid)
    if first is not None and leader(record) is None:
        return []
    found = (_process(pid) for pid in psutil.pids() if _session(pid) == record.session)
    return [process for process in found if process is not None]


def launch(command: Sequence[str], surroundings: Surroundings) -> ProcessRecord:
    """Start a server in the background, in a session of its own, so that Ctrl-C and a closed terminal don't reach it.

    The shell in between ends at once and leaves the server to the system, which then also reads its exit code: none of
    us has to live on for that.

    Args:
        command: program and arguments; nothing secret.
        surroundings: where and as whom it runs.

    Raises:
        OSError: the shell could not be started as that account.
    """
    with surroundings.console.open("ab") as output:
        shell = subprocess.run(
            ["/bin/sh", "-c", _IN_BACKGROUND, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            check=True,
            **surroundings.options(),
        )
    pid = int(shell.stdout)
    found = _process(pid)
    if found is None:  # ended already: a record that fits no process
        return ProcessRecord(pid, pid, 0.0)
    return ProcessRecord(pid, os.getsid(pid), found.create_time())


def run_to_end(command: Sequence[str], surroundings: Surroundings, *, limit_s: float) -> int:
    """Run a command as a server would be run, and return its exit code.

    Raises:
        OSError: it could not be started as that account.
        subprocess.TimeoutExpired: it took longer than the limit; it is ended then.
    """
    with surroundings.console.open("ab") as output:
        return subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
            start_new_session=True,
            **surroundings.options(),
        ).returncode


def end(record: ProcessRecord, *, limit_s: float) -> None:
    """End the server: politely, and after the limit by force. Returns when nothing of it runs any more."""
    if (first := leader(record)) is not None:
        _signal(first, signal.SIGTERM)
        _wait_until_ended([first], limit_s)
    kill(record)


def kill(record: ProcessRecord) -> None:
    """End the server by force, without a chance to tidy up. Returns when nothing of it runs any more."""
    members = family(record)
    for process in members:
        _signal(process, signal.SIGKILL)
    _wait_until_ended(members, _KILL_LIMIT_S)


def resident_bytes(record: ProcessRecord) -> int:
    """Memory that the server holds at this moment, in bytes."""
    total = 0
    for process in family(record):
        try:
            total += process.memory_info().rss
        except psutil.Error:  # ended meanwhile
            continue
    return total


def _process(pid: int) -> psutil.Process | None:
    """A running process; what has ended and only waits to be read by its parent does not count."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):  # it ended meanwhile, or is none of ours
        return None


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:  # ended meanwhile, as it should
        return


def _wait_until_ended(members: list[psutil.Process], limit_s: float) -> None:
    """Wait until none of them runs. Not psutil's own wait: that also waits for the system to tidy up behind them."""
    deadline = time.monotonic() + limit_s
    while any(_process(process.pid) == process for process in members) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
