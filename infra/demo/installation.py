"""The processes of a demo: stack, workers, receiver and camera, and the settings that they share."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.settings import Settings, load_settings
from infra.settings.workers import WorkerName
from infra.supervisor import ChildPlan, Supervisor, WhenEnded
from streams.delivery.sealing import new_sealing_key
from streams.delivery.signing import new_secret
from streams.delivery.subscription_terms import SubscriptionTerms

RECEIVER = "receiver"
_READY_WITHIN_S = 90.0


class DemoError(Exception):
    """The demo cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One demo's own settings, and where its files are."""

    settings: Settings
    settings_files: tuple[Path, ...]
    journal: Path
    logs: Path
    receiver_port: int
    secret_file: Path


def install(folder: Path, stack_settings: Path) -> Installation:
    """Write the settings of a run: the stack's, a webhook with a fresh secret, and ports that are free."""
    folder.mkdir(parents=True, exist_ok=True)
    secret_file = private_file(folder / "webhook.secret", new_secret())
    sealing_key_file = private_file(folder / "sealing.key", new_sealing_key())
    receiver_port, *worker_ports = free_ports(1 + len(WorkerName))
    own = folder / "settings.yaml"
    content = {
        "delivery": {
            "sealing_key_file": str(sealing_key_file.absolute()),
            # The receiver is on this machine, and unencrypted.
            "schemes": ["https", "http"],
            "private_networks": ["127.0.0.0/8"],
        },
        "workers": {"first_port": worker_ports[0], "data_dir": str((folder / "workers").absolute())},
        "publisher": {"spool_dir": str((folder / "spool").absolute())},
        "images": {"dir": str((folder / "images").absolute())},
    }
    own.write_text(yaml.safe_dump(content), encoding="utf-8")
    files = (stack_settings, own)
    journal = folder / f"receipts-{int(time.time())}.jsonl"
    return Installation(load_settings(*files), files, journal, folder / "logs", receiver_port, secret_file)


def private_file(file: Path, content: str) -> Path:
    """Write what nobody else may read; returns the file."""
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")
    return file


def free_ports(count: int, first_port: int = 26070) -> list[int]:
    """Ports in a row, free at this moment.

    Args:
        count: how many.
        first_port: where to begin to look.

    Raises:
        DemoError: there is no such row.
    """
    for first in range(first_port, 32000, count):
        row = list(range(first, first + count))
        if all(_is_free(port) for port in row):
            return row
    msg = f"no {count} free ports in a row between {first_port} and 32000; end what uses them"
    raise DemoError(msg)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def receiver_terms(installation: Installation) -> SubscriptionTerms:
    """What the demo's receiver subscribes to: all that sounds."""
    url = f"http://127.0.0.1:{installation.receiver_port}/alerts"
    return SubscriptionTerms(agency="Demo dispatch", url=url)


def start_workers(installation: Installation, supervisor: Supervisor) -> None:
    """Start receiver and workers."""
    receiver = (
        *(sys.executable, "-m", "infra.demo.receiver", str(installation.receiver_port)),
        *(str(installation.secret_file), str(installation.journal)),
    )
    supervisor.start(ChildPlan(RECEIVER, receiver, installation.logs / f"{RECEIVER}.log"))
    for worker in WorkerName:
        supervisor.start(worker_plan(installation, worker))


def worker_plan(installation: Installation, worker: WorkerName) -> ChildPlan:
    """How a worker is run."""
    command = (sys.executable, "-m", "infra.cli.main", "worker", worker)
    return ChildPlan(worker, command, installation.logs / f"{worker}.log", _environment(installation.settings_files))


def _environment(files: Sequence[Path]) -> dict[str, str]:
    """What a child needs to find its settings."""
    return {"PLATEWATCH_SETTINGS": os.pathsep.join(str(path.absolute()) for path in files)}


def camera_plan(installation: Installation, source: str, name: str) -> ChildPlan:
    """How the source is played into Kafka, once. A folder's pictures count as taken now: they are not evidence."""
    file = installation.logs.parent / "camera.yaml"
    file.write_text(yaml.safe_dump({"cameras": [{"name": name, "source": source, "picture_times": "order"}]}))
    files = (*installation.settings_files, file)
    command = (sys.executable, "-m", "infra.cli.main", "camera", "run", "--once")
    return ChildPlan("camera", command, installation.logs / "camera.log", _environment(files), WhenEnded.LEAVE)


def wait_until_ready(installation: Installation, supervisor: Supervisor) -> None:
    """Wait until all workers say that they are ready.

    Raises:
        DemoError: one does not become ready; the message names its log.
    """
    waiting = set(WorkerName)
    deadline = time.monotonic() + _READY_WITHIN_S
    while waiting:
        supervisor.tend()
        waiting = {worker for worker in waiting if not _is_ready(installation.settings.workers.port(worker))}
        if waiting and time.monotonic() > deadline:
            worker = min(waiting)
            msg = f"worker {worker} is not ready after {_READY_WITHIN_S:.0f} s; see {installation.logs / worker}.log"
            raise DemoError(msg)
        time.sleep(0.2)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
