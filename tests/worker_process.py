"""One worker as a process of its own, on the real servers, for tests that end, kill or starve it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.local_stack.stack import LocalStack
from infra.settings import Settings, load_settings
from infra.settings.workers import WorkerName

_WITHIN_S = 60.0


@dataclass(slots=True)
class WorkerProcess:
    """A worker that can be killed and started again with the same settings."""

    name: WorkerName
    settings_file: Path
    log_file: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli.main", "worker", self.name, "--settings", str(self.settings_file)],
                stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PLATEWATCH_SETTINGS": ""},
            )  # fmt: skip
        deadline = time.monotonic() + _WITHIN_S
        while not self._is_ready():
            assert self.process.poll() is None, self.log_file.read_text()
            assert time.monotonic() < deadline, self.log_file.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        """Stop it in the middle of what it does, until it is resumed."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on where it hung."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.is_alive():
            self.process.terminate()
            self.process.wait(timeout=30)

    def metric(self, name: str) -> float:
        """A metric of the worker, summed over its labels; 0 where it has none."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


def free_ports(count: int = len(WorkerName)) -> int:
    """The first of so many ports in a row that nobody listens on, so that two test runs do not meet."""
    for first in random.sample(range(20_000, 32_000 - count, count), k=100):
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(closing(socket.socket())).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    msg = f"found no {count} free ports in a row"
    raise AssertionError(msg)


def settings_beside(stack: LocalStack, folder: Path, first_port: int, **areas: Any) -> tuple[Path, Settings]:
    """Settings for the stack's services with a Redis database of their own."""
    addresses = stack.addresses()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.yaml"
    content = {
        "kafka": {"bootstrap": addresses.kafka_bootstrap},
        "redis": {"url": addresses.redis_url.removesuffix("/0") + "/8"},
        "elasticsearch": {"url": addresses.elasticsearch_url},
        "workers": {"first_port": first_port, "data_dir": str(folder / "workers")},
        "images": {"dir": str(folder / "images")},
        "log": {"format": "json"},
        **areas,
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file, load_settings(file)


@contextmanager
def running_worker(name: WorkerName, settings_file: Path, settings: Settings) -> Iterator[WorkerProcess]:
    """The worker, started and ended."""
    log_file = settings_file.parent / f"{name}.log"
    worker = WorkerProcess(name, settings_file, log_file, settings.workers.port(name))
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()


async def eventually(condition: Callable[[], Awaitable[bool]], what: str, within_s: float = 30.0) -> None:
    """Wait until it holds; fail with what did not happen."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(0.1)
