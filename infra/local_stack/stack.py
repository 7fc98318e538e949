"""The local stack: Kafka, Elasticsearch and Redis of one state folder, started and stopped as one or each alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Lock

from infra.local_stack import blueprint, processes, programs, startup
from infra.local_stack.access_rules import grant_client_rules
from infra.local_stack.account import account_for, reachable_folder
from infra.local_stack.addresses import Security, StackAddresses, settings_fragment
from infra.local_stack.artifacts import FetchProgress
from infra.local_stack.blueprint import PROBES, StackSecrets, stack_addresses
from infra.local_stack.errors import LocalStackError, SecurityMismatchError, StackStateError
from infra.local_stack.exclusive import exclusively
from infra.local_stack.launch import Service
from infra.local_stack.ports import StackPorts, check_free, choose_ports, port_is_free
from infra.local_stack.processes import ProcessRecord
from infra.local_stack.programs import Programs, Versions
from infra.local_stack.progress import OnProgress, Phase, StackEvent, ignore_progress
from infra.local_stack.startup import ServiceHome
from infra.local_stack.state import StackState, StatePaths, load_state, new_state, save_state
from infra.local_stack.status import ServiceState, ServiceStatus

CHECKOUT = Path(__file__).resolve().parents[2]

# A first start with its downloads on a slow line, which a second command would wait for.
_LOCK_LIMIT_S = 1800.0
# Elasticsearch and Kafka write to disk what they hold in memory; seen: 0.5 s.
_STOP_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class PortWishes:
    """Ports that clients expect services on; None: any free one, and the same one at later starts."""

    kafka: int | None = None
    elasticsearch: int | None = None
    redis: int | None = None

    def are_met_by(self, ports: StackPorts) -> bool:
        """Whether the ports are those wished for."""
        pairs = ((self.kafka, ports.kafka), (self.elasticsearch, ports.elasticsearch), (self.redis, ports.redis))
        return all(wished in (None, actual) for wished, actual in pairs)


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that the start of a service needs."""

    state: StackState
    secrets: StackSecrets | None
    programs: Programs
    addresses: StackAddresses


def default_state_dir() -> Path:
    """`.platewatch/stack` of the checkout; of the working folder where Platewatch is installed as a package."""
    root = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
    return root / ".platewatch" / "stack"


class LocalStack:
    """The servers of one state folder. They outlive this object and its process, until `down`.

    Stacks in different folders run side by side. All methods may be called from any process: a lock file lets one of
    them at a time start or stop something.

    Args:
        state_dir: the folder for ports, secrets, logs and data.
        security: what kind of stack it must be; None: as it is, and plain when it is new.
        wishes: ports that services must have.
        cache: the folder for the servers' programs.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        security: Security | None = None,
        wishes: PortWishes = PortWishes(),
        cache: Path | None = None,
    ) -> None:
        self.paths = StatePaths((state_dir or default_state_dir()).absolute())
        self._security = security
        self._wishes = wishes
        self._cache = cache or programs.cache_folder(os.environ)
        self._account = account_for(os.geteuid())
        # Those that this process started: it must read their exit codes, or they stay in the process table.
        self._children: dict[Service, subprocess.Popen[bytes]] = {}

    def up(self, on_progress: OnProgress = ignore_progress) -> StackAddresses:
        """Start what does not run, wait until all answers, and say where. What runs already stays as it is.

        If one service fails, or the wait is interrupted, those that this call started are stopped again.

        Raises:
            LocalStackError: see `errors`; the message is one sentence, and the end of a failed service's log.
        """
        return self._start(tuple(Service), on_progress)

    def start_service(self, service: Service, on_progress: OnProgress = ignore_progress) -> StackAddresses:
        """Start one service, on the ports that it had.

        Raises:
            LocalStackError: as with `up`.
        """
        return self._start((service,), on_progress)

    def down(self) -> None:
        """Stop all services; their data stays. Nothing happens where nothing runs."""
        self._stop(tuple(Service), limit_s=_STOP_LIMIT_S)

    def stop_service(self, service: Service) -> None:
        """Stop one service as `down` does."""
        self._stop((service,), limit_s=_STOP_LIMIT_S)

    def kill_service(self, service: Service) -> None:
        """End one service as a crash would: SIGKILL. `status` reports it as died, and `up` starts it again."""
        with self._locked():
            if (record := self._record(service)) is not None:
                processes.kill(record)
                self._reap(service)

    def status(self) -> tuple[ServiceStatus, ...]:
        """How each service is doing."""
        versions = programs.locked_versions()
        state = load_state(self.paths.state)
        if state is None:
            return tuple(ServiceStatus(service, ServiceState.DOWN, _version(versions, service)) for service in Service)
        addresses = self._addresses(state)
        with ThreadPoolExecutor(len(Service)) as pool:
            return tuple(
                pool.map(
                    lambda service: self._status_of(service, state, addresses, _version(versions, service)), Service
                )
            )

    def addresses(self) -> StackAddresses:
        """Where the services are, running or not.

        Raises:
            StackStateError: this stack was never started.
        """
        state = load_state(self.paths.state)
        if state is None:
            msg = f"there is no stack in {self.paths.folder}: run `platewatch stack up` first"
            raise StackStateError(msg)
        return self._addresses(state)

    def reset(self) -> None:
        """Stop all services and delete their data, logs, passwords and ports."""
        self.down()
        if not self.paths.folder.is_dir():
            return
        with self._locked():
            for folder in (*(self.home(service) for service in Service), self.paths.secrets, self.paths.records):
                shutil.rmtree(folder, ignore_errors=True)
            for path in (self.paths.state, self.paths.settings):
                path.unlink(missing_ok=True)

    def home(self, service: Service) -> Path:
        """The folder with a service's configuration, data and logs."""
        return reachable_folder(self.paths.folder, self.paths.shared_homes, self._account) / service

    def _start(self, services: Sequence[Service], on_progress: OnProgress) -> StackAddresses:
        one_at_a_time = Lock()

        def tell(event: StackEvent) -> None:
            with one_at_a_time:
                on_progress(event)

        with self._locked():
            state = self._state_to_start()
            secrets = blueprint.load_secrets(self.paths, state, datetime.now(UTC))
            addresses = stack_addresses(self.paths, state, secrets)
            to_start = [service for service in services if not self._is_answering(service, addresses)]
            if to_start:
                ready = _Ready(state, secrets, self._programs(tell), addresses)
                self._start_together(to_start, ready, tell)
            for service in services:
                if service not in to_start:
                    tell(StackEvent(Phase.UP, service, "was running"))
            if secrets is not None and Service.KAFKA in to_start:
                grant_client_rules(addresses, blueprint.kafka_admin(self.paths, secrets))
            self.paths.settings.write_text(settings_fragment(addresses), encoding="utf-8")
            return addresses

    def _start_together(self, services: Sequence[Service], ready: _Ready, tell: OnProgress) -> None:
        cancelled = Event()
        started: list[Service] = []
        with ThreadPoolExecutor(len(services), thread_name_prefix="stack") as pool:
            start_one = partial(self._start_one, ready=ready, tell=tell, cancelled=cancelled, started=started)
            futures = [pool.submit(start_one, service) for service in services]
            try:
                done, _waiting = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                cancelled.set()
                wait(futures)
                for service in started:
                    self._end(service, limit_s=_STOP_LIMIT_S)
                raise

    def _start_one(
        self, service: Service, ready: _Ready, *, tell: OnProgress, cancelled: Event, started: list[Service]
    ) -> None:
        tell(StackEvent(Phase.STARTING, service))
        try:
            home = ServiceHome(self.home(service), self._account)
            plan = blueprint.plan_service(
                service, home.folder, programs=ready.programs, state=ready.state, secrets=ready.secrets
            )
            if not self._is_running(service):
                self._end(service, limit_s=0)  # what may be left of one that died
                for port in blueprint.ports_of(service, ready.state.ports):
                    check_free(port, service)
                self._children[service] = child = startup.start(plan, home)
                started.append(service)
                self.paths.records.mkdir(exist_ok=True)
                processes.save_record(self.paths.record(service), processes.record_of(child))
            startup.wait_until_ready(
                plan,
                home,
                is_alive=lambda: self._is_running(service),
                is_ready=lambda: PROBES[service](ready.addresses),
                cancelled=cancelled,
            )
        except LocalStackError as error:
            tell(StackEvent(Phase.FAILED, service, str(error).splitlines()[0]))
            raise
        tell(StackEvent(Phase.UP, service))

    def _state_to_start(self) -> StackState:
        state = load_state(self.paths.state)
        wishes = self._wishes
        if state is None:
            state = new_state(
                self._security or Security.PLAIN, choose_ports(wishes.kafka, wishes.elasticsearch, wishes.redis)
            )
            save_state(self.paths.state, state)
            return state
        if self._security not in (None, state.security):
            msg = (
                f"the stack in {self.paths.folder} is {state.security}, and a {self._security} one was asked for: "
                "run `platewatch stack reset`, which deletes its data, or name another folder with --state-dir"
            )
            raise SecurityMismatchError(msg)
        if any(self._is_running(service) for service in Service):
            if not wishes.are_met_by(state.ports):
                msg = f"the stack in {self.paths.folder} runs on other ports: run `platewatch stack down` first"
                raise StackStateError(msg)
            return state
        if wishes.are_met_by(state.ports) and self._ports_are_free_or_fixed(state.ports):
            return state
        state = replace(state, ports=choose_ports(wishes.kafka, wishes.elasticsearch, wishes.redis))
        save_state(self.paths.state, state)
        return state

    def _ports_are_free_or_fixed(self, ports: StackPorts) -> bool:
        """Whether to keep the ports: those that nobody wished for are chosen anew when another program has them."""
        fixed = {self._wishes.kafka, self._wishes.elasticsearch, self._wishes.redis}
        return all(
            port in fixed or port_is_free(port) for service in Service for port in blueprint.ports_of(service, ports)
        )

    def _programs(self, tell: OnProgress) -> Programs:
        def fetched(progress: FetchProgress) -> None:
            megabytes = progress.received_bytes / 1e6
            tell(
                StackEvent(Phase.FETCHING, None, f"{progress.files_done} of {progress.files} files, {megabytes:.0f} MB")
            )

        return programs.ensure_programs(self._cache, self._account, on_progress=fetched)

    def _stop(self, services: Sequence[Service], *, limit_s: float) -> None:
        if not self.paths.folder.is_dir():
            return
        with self._locked(), ThreadPoolExecutor(len(services)) as pool:
            list(pool.map(lambda service: self._end(service, limit_s=limit_s), services))

    def _end(self, service: Service, *, limit_s: float) -> None:
        if (record := self._record(service)) is not None:
            processes.end(record, limit_s=limit_s)
            self.paths.record(service).unlink(missing_ok=True)
        self._reap(service)

    def _reap(self, service: Service) -> None:
        if (child := self._children.pop(service, None)) is not None:
            child.wait()

    def _record(self, service: Service) -> ProcessRecord | None:
        return processes.load_record(self.paths.record(service))

    def _is_running(self, service: Service) -> bool:
        record = self._record(service)
        return record is not None and processes.leader(record) is not None

    def _is_answering(self, service: Service, addresses: StackAddresses) -> bool:
        return self._is_running(service) and PROBES[service](addresses)

    def _status_of(self, service: Service, state: StackState, addresses: StackAddresses, version: str) -> ServiceStatus:
        record = self._record(service)
        port = blueprint.ports_of(service, state.ports)[0]
        if record is None:
            return ServiceStatus(service, ServiceState.DOWN, version, port)
        if processes.leader(record) is None:
            return ServiceStatus(service, ServiceState.DIED, version, port)
        return ServiceStatus(
            service=service,
            state=ServiceState.UP if PROBES[service](addresses) else ServiceState.SILENT,
            version=version,
            port=port,
            pid=record.pid,
            resident_bytes=processes.resident_bytes(record),
            uptime_s=time.time() - record.started,
        )

    def _addresses(self, state: StackState) -> StackAddresses:
        return stack_addresses(self.paths, state, blueprint.load_secrets(self.paths, state, datetime.now(UTC)))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; what the disk refuses becomes a sentence."""
        try:
            self.paths.folder.mkdir(parents=True, exist_ok=True)
            with exclusively(self.paths.lock, limit_s=_LOCK_LIMIT_S):
                yield
        except OSError as error:
            msg = (
                f"{error.filename or self.paths.folder}: {error.strerror or error}; "
                "free some space or mend the permissions there, or name another folder with --state-dir"
            )
            raise StackStateError(msg) from error


def _version(versions: Versions, service: Service) -> str:
    match service:
        case Service.KAFKA:
            return versions.kafka
        case Service.ELASTICSEARCH:
            return versions.elasticsearch
        case Service.REDIS:
            return versions.redis
