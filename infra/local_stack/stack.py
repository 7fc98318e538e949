"""The local stack: Kafka, Elasticsearch and Redis of one state folder, started and stopped as one or each alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from infra.local_stack import blueprint, programs
from infra.local_stack.access_rules import grant_client_rules
from infra.local_stack.account import account_for, reachable_folder
from infra.local_stack.addresses import Security, StackAddresses, settings_fragment
from infra.local_stack.artifacts import FetchProgress
from infra.local_stack.blueprint import PROBES, stack_addresses
from infra.local_stack.errors import SecurityMismatchError, StackStateError
from infra.local_stack.exclusive import exclusively
from infra.local_stack.launch import Service
from infra.local_stack.ports import StackPorts, choose_ports, port_is_free
from infra.local_stack.programs import Programs, Versions
from infra.local_stack.progress import OnProgress, Phase, StackEvent, ignore_progress
from infra.local_stack.running import RunningServices
from infra.local_stack.starting import ReadyStack, start_together
from infra.local_stack.startup import ServiceHome
from infra.local_stack.state import StackState, StatePaths, load_state, new_state, save_state
from infra.local_stack.status import ServiceState, ServiceStatus

CHECKOUT = Path(__file__).resolve().parents[2]

# A first start with its downloads on a slow line, which a second command would wait for.
_LOCK_LIMIT_S = 1800.0


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
        self._running = RunningServices(self.paths)

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
        self._stop(tuple(Service))

    def stop_service(self, service: Service) -> None:
        """Stop one service as `down` does."""
        self._stop((service,))

    def kill_service(self, service: Service) -> None:
        """End one service as a crash would: SIGKILL. `status` reports it as died, and `up` starts it again."""
        with self._locked():
            self._running.kill(service)

    def status(self) -> tuple[ServiceStatus, ...]:
        """How each service is doing."""
        versions = programs.locked_versions()
        state = load_state(self.paths.state)
        if state is None:
            return tuple(ServiceStatus(service, ServiceState.DOWN, _version(versions, service)) for service in Service)
        addresses = self._addresses(state)

        def ask(service: Service) -> ServiceStatus:
            return self._running.status(
                service,
                port=blueprint.ports_of(service, state.ports)[0],
                version=_version(versions, service),
                answers=lambda: PROBES[service](addresses),
            )

        with ThreadPoolExecutor(len(Service)) as pool:
            return tuple(pool.map(ask, Service))

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
            shutil.rmtree(self.paths.shared_homes, ignore_errors=True)

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
            to_start = [
                service
                for service in services
                if not (self._running.is_running(service) and PROBES[service](addresses))
            ]
            if to_start:
                ready = ReadyStack(state, secrets, self._programs(tell), addresses, self._home_of)
                start_together(to_start, ready, self._running, tell=tell)
            for service in services:
                if service not in to_start:
                    tell(StackEvent(Phase.UP, service, "was running"))
            if secrets is not None and Service.KAFKA in to_start:
                grant_client_rules(addresses, blueprint.kafka_admin(self.paths, secrets))
            self.paths.settings.write_text(settings_fragment(addresses), encoding="utf-8")
            return addresses

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
        if any(self._running.is_running(service) for service in Service):
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
            tell(StackEvent(Phase.FETCHING, fetched=progress))

        return programs.ensure_programs(self._cache, self._account, on_progress=fetched)

    def _home_of(self, service: Service) -> ServiceHome:
        return ServiceHome(self.home(service), self._account)

    def _stop(self, services: Sequence[Service]) -> None:
        if not self.paths.folder.is_dir():
            return
        with self._locked(), ThreadPoolExecutor(len(services)) as pool:
            list(pool.map(self._running.end, services))

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
