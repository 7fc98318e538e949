"""Which services of a stack run, and ending them."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.local_stack import processes
from infra.local_stack.launch import Service
from infra.local_stack.processes import ProcessRecord
from infra.local_stack.state import StatePaths
from infra.local_stack.status import ServiceState, ServiceStatus

# Elasticsearch and Kafka write to disk what they hold in memory; seen: 0.5 s, and 2 s on a busy machine.
STOP_LIMIT_S = 30.0


class RunningServices:
    """The processes of a state folder, by the records in it. Any process may ask, one at a time change something."""

    def __init__(self, paths: StatePaths) -> None:
        self._paths = paths

    def register(self, service: Service, record: ProcessRecord) -> None:
        """Remember which process the service is; where that fails (a full disk), end it, for nobody could later."""
        try:
            self._paths.records.mkdir(exist_ok=True)
            processes.save_record(self._paths.record(service), record)
        except BaseException:
            processes.kill(record)
            raise

    def record(self, service: Service) -> ProcessRecord | None:
        """Which process the service is, or was when it ended without being told to; None: it was stopped."""
        return processes.load_record(self._paths.record(service))

    def is_running(self, service: Service) -> bool:
        """Whether its process runs; it may not answer yet."""
        record = self.record(service)
        return record is not None and processes.leader(record) is not None

    def end(self, service: Service) -> None:
        """Stop the service, and what may be left of one that died."""
        if (record := self.record(service)) is not None:
            processes.end(record, limit_s=STOP_LIMIT_S)
            self._paths.record(service).unlink(missing_ok=True)

    def kill(self, service: Service) -> None:
        """End the service as a crash would; it counts as died then, not as stopped."""
        if (record := self.record(service)) is not None:
            processes.kill(record)

    def status(self, service: Service, *, port: int, version: str, answers: Callable[[], bool]) -> ServiceStatus:
        """How the service is doing; `answers` asks it."""
        record = self.record(service)
        if record is None:
            return ServiceStatus(service, ServiceState.DOWN, version, port)
        if processes.leader(record) is None:
            return ServiceStatus(service, ServiceState.DIED, version, port)
        return ServiceStatus(
            service=service,
            state=ServiceState.UP if answers() else ServiceState.SILENT,
            version=version,
            port=port,
            pid=record.pid,
            resident_bytes=processes.resident_bytes(record),
            uptime_s=time.time() - record.started,
        )
