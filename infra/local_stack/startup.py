"""Starting one service: its files, its preparation, its process, and the wait until it answers."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from infra.local_stack import processes
from infra.local_stack.account import ServiceAccount, hand_over
from infra.local_stack.errors import ServiceStartError
from infra.local_stack.launch import ConfigFile, LaunchPlan, Preparation
from infra.local_stack.private_files import write_private
from infra.local_stack.processes import ProcessRecord, Surroundings

CONSOLE = "logs/console.log"
_PREPARED = "prepared"
_POLL_S = 0.15
_TAIL_LINES = 12
# Enough for several starts, and nothing that fills a disk.
_CONSOLE_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ServiceHome:
    """The folder of one service, and the account that it belongs to."""

    folder: Path
    account: ServiceAccount | None


def start(plan: LaunchPlan, home: ServiceHome) -> ProcessRecord:
    """Write the service's files and start its process; it is not ready yet when this returns.

    Raises:
        ServiceStartError: the preparation failed, or the program cannot be started.
    """
    home.folder.mkdir(exist_ok=True)
    home.folder.chmod(0o700)  # data, logs and configuration are nobody else's business
    for folder in plan.folders:
        (home.folder / folder).mkdir(parents=True, exist_ok=True)
    _write(plan.files, home)
    _trim_console(home.folder / CONSOLE)
    if plan.preparation is not None and not (home.folder / _PREPARED).exists():
        _prepare(plan, plan.preparation, home)
    hand_over(home.folder, home.account)
    with _sentence_if_refused(plan):
        return processes.launch(plan.command, _surroundings(plan, home))


def wait_until_ready(
    plan: LaunchPlan,
    home: ServiceHome,
    *,
    is_alive: Callable[[], bool],
    is_ready: Callable[[], bool],
    cancelled: Event,
) -> None:
    """Wait until the service answers; also returns when the wait is cancelled.

    Raises:
        ServiceStartError: it ended, or did not answer in time; the end of its log is in the message.
    """
    deadline = time.monotonic() + plan.start_limit_s
    while not is_ready():
        if not is_alive():
            raise _start_error(plan, home, "ended while it started")
        if time.monotonic() > deadline:
            raise _start_error(plan, home, f"did not answer within {plan.start_limit_s:.0f} s")
        if cancelled.wait(_POLL_S):
            return


def log_tail(folder: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of what the service printed, or, where it printed nothing, of its newest log."""
    console = folder / CONSOLE
    logs = sorted((folder / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in (console, *logs):
        if path.exists() and (text := path.read_text(encoding="utf-8", errors="replace").strip()):
            return "\n".join(text.splitlines()[-lines:])
    return ""


def _prepare(plan: LaunchPlan, preparation: Preparation, home: ServiceHome) -> None:
    emptied = home.folder / preparation.empties
    shutil.rmtree(emptied, ignore_errors=True)
    emptied.mkdir()
    _write(preparation.files, home)
    hand_over(home.folder, home.account)
    try:
        with _sentence_if_refused(plan):
            code = processes.run_to_end(preparation.command, _surroundings(plan, home), limit_s=plan.start_limit_s)
    except subprocess.TimeoutExpired as error:
        raise _start_error(plan, home, "could not be prepared in time") from error
    finally:
        for name in preparation.discards:
            (home.folder / name).unlink(missing_ok=True)
    if code != 0:
        raise _start_error(plan, home, f"could not be prepared (exit code {code})")
    (home.folder / _PREPARED).touch()


def _surroundings(plan: LaunchPlan, home: ServiceHome) -> Surroundings:
    return Surroundings(home.folder, plan.environment, home.account, home.folder / CONSOLE)


@contextmanager
def _sentence_if_refused(plan: LaunchPlan) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"{plan.service} could not be started ({error.strerror}): check that this user may run it"
        raise ServiceStartError(msg) from error


def _write(files: tuple[ConfigFile, ...], home: ServiceHome) -> None:
    for file in files:
        write_private(home.folder / file.path, file.content)


def _trim_console(console: Path) -> None:
    if console.exists() and console.stat().st_size > _CONSOLE_LIMIT_BYTES:
        console.unlink()


def _start_error(plan: LaunchPlan, home: ServiceHome, what: str) -> ServiceStartError:
    tail = log_tail(home.folder)
    quoted = f"; it said last:\n{tail}" if tail else ""
    msg = f"{plan.service} {what}: mend what its logs in {home.folder / 'logs'} name, then start it again{quoted}"
    return ServiceStartError(msg)
