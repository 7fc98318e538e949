"""Starting, finding and ending servers that outlive the command that started them.

A server leads a process group of its own, and a record in the state folder says which: number and time of start, so
that a number that the system has given to another process since is not taken for ours.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from infra.local_stack.account import ServiceAccount
from infra.local_stack.errors import StackStateError

# psutil computes the time of start from the clock, which may be set in between; a number is not used again that fast.
_START_TOLERANCE_S = 2.0
_KILL_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """Which process a service is: its number, which is also its group's, and its start in seconds since 1970."""

    pid: int
    started: float


def load_record(path: Path) -> ProcessRecord | None:
    """The record in the file; None where there is none.

    Raises:
        StackStateError: the file is damaged.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return ProcessRecord(int(raw["pid"]), float(raw["started"]))
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
    """The process of the record, if it still runs and is the same one."""
    process = _process(record.pid)
    if process is None or abs(process.create_time() - record.started) > _START_TOLERANCE_S:
        return None
    return process


def group(record: ProcessRecord) -> list[psutil.Process]:
    """All running processes of the record's group: also those that outlive their leader."""
    first = _process(record.pid)
    if first is not None and leader(record) is None:
        return []  # the number belongs to another process now, which the system does only when our group is gone
    members = []
    for pid in psutil.pids():
        try:
            if os.getpgid(pid) == record.pid and (process := _process(pid)) is not None:
                members.append(process)
        except (ProcessLookupError, PermissionError):  # it ended meanwhile, or is none of ours
            continue
    return members


def launch(
    command: Sequence[str],
    *,
    home: Path,
    environment: Mapping[str, str],
    account: ServiceAccount | None,
    console: Path,
) -> subprocess.Popen[bytes]:
    """Start a server in its home folder, in a session of its own, so that Ctrl-C and a closed terminal don't reach it.

    Args:
        command: program and arguments; nothing secret.
        home: working folder, and HOME.
        environment: what is set beside PATH, HOME and LANG; nothing else is inherited.
        account: whom to run it as; None: as ourselves.
        console: file to which what it prints is appended.
    """
    rights = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": ()}
    with console.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            list(command),
            cwd=home,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(home), "LANG": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **rights,
        )


def record_of(process: subprocess.Popen[bytes]) -> ProcessRecord:
    """The record of a process that was just started."""
    found = _process(process.pid)
    return ProcessRecord(process.pid, found.create_time() if found is not None else 0.0)


def end(record: ProcessRecord, *, limit_s: float) -> None:
    """End the group: politely, and after the limit by force. Returns when nothing of it runs any more."""
    first = leader(record)
    if first is not None:
        try:
            first.terminate()
            first.wait(limit_s)
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            pass  # gone already, or not willing: what is left is killed
    kill(record)


def kill(record: ProcessRecord) -> None:
    """End the group by force, without a chance to tidy up. Returns when nothing of it runs any more."""
    members = group(record)
    for process in members:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(members, timeout=_KILL_LIMIT_S)


def resident_bytes(record: ProcessRecord) -> int:
    """Memory that the group holds at this moment, in bytes."""
    total = 0
    for process in group(record):
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
