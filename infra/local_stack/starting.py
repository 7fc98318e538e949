"""Starting several services of a stack at once: all of them come up, or none that was started here stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event

from infra.local_stack import blueprint, startup
from infra.local_stack.addresses import StackAddresses
from infra.local_stack.blueprint import PROBES, StackSecrets
from infra.local_stack.errors import LocalStackError
from infra.local_stack.launch import Service
from infra.local_stack.ports import check_free
from infra.local_stack.programs import Programs
from infra.local_stack.progress import OnProgress, Phase, StackEvent
from infra.local_stack.running import RunningServices
from infra.local_stack.startup import ServiceHome
from infra.local_stack.state import StackState


@dataclass(frozen=True, slots=True)
class ReadyStack:
    """All that a service needs to start."""

    state: StackState
    secrets: StackSecrets | None
    programs: Programs
    addresses: StackAddresses
    home_of: Callable[[Service], ServiceHome]


def start_together(
    services: Sequence[Service], stack: ReadyStack, running: RunningServices, *, tell: OnProgress
) -> None:
    """Start the services that do not run, and wait until all that are named answer.

    Raises:
        LocalStackError: the first that failed; those that were started here are stopped again, as they are when the
            wait is interrupted.
    """
    cancelled = Event()
    with ThreadPoolExecutor(len(services), thread_name_prefix="stack") as pool:
        starts = [_ServiceStart(service, stack, running, tell=tell, cancelled=cancelled) for service in services]
        futures = [pool.submit(start.run) for start in starts]
        try:
            done, _waiting = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            cancelled.set()
            wait(futures)
            for start in starts:
                if start.was_started:
                    running.end(start.service)
            raise


class _ServiceStart:
    """The start of one service, in a thread of its own."""

    def __init__(
        self, service: Service, stack: ReadyStack, running: RunningServices, *, tell: OnProgress, cancelled: Event
    ) -> None:
        self.service = service
        self.was_started = False
        self._stack = stack
        self._running = running
        self._tell = tell
        self._cancelled = cancelled

    def run(self) -> None:
        """Start the service unless it runs, and wait until it answers."""
        self._tell(StackEvent(Phase.STARTING, self.service))
        try:
            self._start_and_wait()
        except (LocalStackError, OSError):
            self._tell(StackEvent(Phase.FAILED, self.service))
            raise
        if not self._cancelled.is_set():
            self._tell(StackEvent(Phase.UP, self.service))

    def _start_and_wait(self) -> None:
        stack, service = self._stack, self.service
        home = stack.home_of(service)
        plan = blueprint.plan_service(
            service, home.folder, programs=stack.programs, state=stack.state, secrets=stack.secrets
        )
        if not self._running.is_running(service):
            self._running.end(service)  # what may be left of one that died
            for port in blueprint.ports_of(service, stack.state.ports):
                check_free(port, service)
            self._running.register(service, startup.start(plan, home))
            self.was_started = True
        startup.wait_until_ready(
            plan,
            home,
            is_alive=lambda: self._running.is_running(service),
            is_ready=lambda: PROBES[service](stack.addresses),
            cancelled=self._cancelled,
        )
