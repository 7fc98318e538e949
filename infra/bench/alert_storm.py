"""Ten thousand alerts to five endpoints, four of which fail, while workers and Kafka are killed. All real."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import yaml
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from infra.bench.alert_endpoints import EndpointPlan, EndpointsPlan, Manner, read_receipts
from infra.bench.alert_storm_report import Interval, Revision, StormSeen, storm_rows
from infra.bench.errors import BenchError
from infra.bench.people import work_on_alerts
from infra.bench.rows import Row
from infra.bench.servers import own_servers
from infra.bench.storm_picture import draw_storm
from infra.demo.installation import Installation, free_ports, install, private_file, worker_plan
from infra.demo.subscriber import subscribe
from infra.initialise import initialise
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.settings import load_settings
from infra.settings.workers import WorkerName
from infra.supervisor import ChildPlan, Supervisor
from streams.codec import decode, encode
from streams.delivery.choice import asks_for_event, concerns
from streams.delivery.formats.specimen import specimen_alert
from streams.delivery.signing import new_secret
from streams.delivery.subscription import AlertChoice
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.records import Alert, AlertPurpose, Hit, TopicName, event_id, to_milliseconds

_WORKERS = (WorkerName.ALERTING, WorkerName.DELIVERY)
_KILLED_AT = (0.24, 0.48, 0.72)
_KAFKA_KILLED_AT = 0.60
_HANGS_AGAIN_AT = 0.5
"""Shares of the run."""

_COMPLETE_WITHIN_S = 420.0
_ENDPOINTS = "endpoints"


@dataclass(frozen=True, slots=True)
class StormSize:
    """How many alerts, and how quickly they come."""

    alerts: int = 10_000
    per_s: float = 40.0

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.alerts / self.per_s


def measure_storm(told: Callable[[str], None], size: StormSize, plot: Path | None) -> list[Row]:
    """Rows of one run.

    Args:
        told: is told what happens.
        size: how much.
        plot: where the picture of it goes; None: nowhere.

    Raises:
        BenchError: the workers do not come up.
    """
    how = (
        f"{size.alerts:,} hits at {size.per_s:g}/s through real Kafka, Elasticsearch, alerting and delivery to 5 "
        "endpoints; people work on one alert in 40; alerting and delivery SIGKILLed 3 times each, Kafka once"
    )
    with _started(size) as storm:
        storm.run(told)
        seen = storm.seen()
    if plot is not None:
        plot.write_text(draw_storm(seen), encoding="utf-8")
    return storm_rows(seen, how)


@dataclass(slots=True)
class _Storm:
    """One run."""

    size: StormSize
    installation: Installation
    stack: LocalStack
    supervisor: Supervisor
    endpoints: EndpointsPlan
    away: list[Interval] = field(default_factory=list)
    sent_s: dict[str, float] = field(default_factory=dict)
    """When each alert's hit was sent in, by the alert's id."""
    ended_s: float = 0.0

    def run(self, told: Callable[[str], None]) -> None:
        """Send, disturb, and wait until every endpoint has all, or for as long as that may take."""
        stopped = threading.Event()
        helpers = [
            threading.Thread(target=self._watch, args=(stopped,)),
            threading.Thread(target=work_on_alerts, args=(self.installation.settings, self.sent_s, stopped)),
        ]
        for helper in helpers:
            helper.start()
        try:
            self._send(told)
            self._wait(told)
        finally:
            stopped.set()
            for helper in helpers:
                helper.join()

    def seen(self) -> StormSeen:
        """What came of it."""
        received = {one.manner: read_receipts(Path(one.journal)) for one in self.endpoints.endpoints}
        return StormSeen(told=self._told(), received=received, away=self.away, ended_s=self.ended_s)

    def _send(self, told: Callable[[str], None]) -> None:
        config = self.installation.settings.kafka.confluent_config()
        producer = Producer(config | {"acks": "all", "partitioner": "murmur2_random", "linger.ms": 1})
        due = self._disturbances()
        begins = time.monotonic()
        for number in range(self.size.alerts):
            while (wait_s := begins + number / self.size.per_s - time.monotonic()) > 0:
                producer.poll(min(wait_s, 0.01))
            hit = storm_hit(number, datetime.now(UTC))
            self.sent_s[event_id("alert", hit.id)] = time.time()
            producer.produce(TopicName.HITS, encode(hit), hit.match.entry.id)
            self.supervisor.tend()
            elapsed_s = time.monotonic() - begins
            while due and elapsed_s >= due[0][0]:
                _, name, act = due.pop(0)
                told(f"{number:,} alerts sent; killing {name}")
                act()
            if number % 400 == 0:
                told(f"{number:,} of {self.size.alerts:,} alerts sent")
        if producer.flush(60):
            msg = "Kafka did not take all hits; the machine is too busy"
            raise BenchError(msg)
        self.ended_s = time.time()

    def _disturbances(self) -> list[tuple[float, str, Callable[[], None]]]:
        def kill_workers() -> None:
            for worker in _WORKERS:
                self.supervisor.kill(worker)

        def kill_kafka() -> None:
            self.stack.kill_service(Service.KAFKA)
            threading.Thread(target=self.stack.start_service, args=(Service.KAFKA,)).start()

        workers = [(share * self.size.seconds, "both workers", kill_workers) for share in _KILLED_AT]
        return sorted([*workers, (_KAFKA_KILLED_AT * self.size.seconds, "Kafka", kill_kafka)], key=lambda one: one[0])

    def _wait(self, told: Callable[[str], None]) -> None:
        deadline = time.monotonic() + _COMPLETE_WITHIN_S
        while time.monotonic() < deadline:
            self.supervisor.tend()
            wanted = set(self._told())
            missing = {
                one.manner: len(wanted - {(each.alert, each.revision) for each in read_receipts(Path(one.journal))})
                for one in self.endpoints.endpoints
            }
            told("missing: " + ", ".join(f"{manner} {count:,}" for manner, count in missing.items()))
            if not any(missing.values()):
                return
            time.sleep(1.0)

    def _told(self) -> dict[Revision, float]:
        """What pw.alerts has that the endpoints asked for, and when it came to be."""
        choice = AlertChoice()
        told: dict[Revision, float] = {}
        for value in _values(self.installation):
            alert = decode(Alert, value).record
            if alert.id in self.sent_s and concerns(choice, alert) and asks_for_event(choice, alert):
                at_s = self.sent_s[alert.id] if alert.revision == 1 else alert.steps[-1].at.timestamp()
                told[alert.id, alert.revision] = at_s
        return told

    def _watch(self, stopped: threading.Event) -> None:
        """Note when a worker is not at work."""
        away_since: float | None = None
        ports = [self.installation.settings.workers.port(worker) for worker in _WORKERS]
        while not stopped.wait(0.05):
            now = time.time()
            if all(is_ready(port) for port in ports):
                if away_since is not None:
                    self.away.append(Interval(away_since, now))
                    away_since = None
            elif away_since is None:
                away_since = now - 0.2  # it was looked at a moment ago


def storm_hit(number: int, now: datetime) -> Hit:
    """A hit of its own entry, of this moment."""
    at = to_milliseconds(now)
    hit = specimen_alert(at, AlertPurpose.ACTUAL).hit
    entry = msgspec.structs.replace(hit.match.entry, id=f"storm/{number}")
    detection = msgspec.structs.replace(hit.match.detection, id=event_id("storm", number))
    match = msgspec.structs.replace(hit.match, id=event_id("storm match", number), entry=entry, detection=detection)
    sightings = tuple(
        msgspec.structs.replace(one, detection=detection.id if one is hit.sightings[-1] else one.detection)
        for one in hit.sightings
    )
    return msgspec.structs.replace(
        hit, id=event_id("storm hit", number), match=msgspec.structs.replace(match, matched_at=at), sightings=sightings
    )


def is_ready(port: int) -> bool:
    """Whether a worker says that it is at work."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


@contextmanager
def _started(size: StormSize) -> Iterator[_Storm]:
    with ExitStack() as resources:
        folder, stack = resources.enter_context(own_servers())
        installation = _install(folder, stack)
        initialise(installation.settings)
        endpoints = _plan_endpoints(folder, size)
        asyncio.run(_subscribe(installation, endpoints.endpoints))
        supervisor = Supervisor(folder / "children")
        resources.callback(supervisor.stop)
        plan_file = private_file(folder / "endpoints.json", msgspec.json.encode(endpoints).decode())
        command = (sys.executable, "-m", "infra.bench.alert_endpoints", str(plan_file))
        supervisor.start(ChildPlan(_ENDPOINTS, command, installation.logs / "endpoints.log"))
        for worker in _WORKERS:
            supervisor.start(worker_plan(installation, worker))
        deadline = time.monotonic() + 90
        while not all(is_ready(installation.settings.workers.port(worker)) for worker in _WORKERS):
            supervisor.tend()
            if time.monotonic() > deadline:
                msg = f"the workers are not ready after 90 s; see {installation.logs}"
                raise BenchError(msg)
            time.sleep(0.2)
        yield _Storm(size, installation, stack, supervisor, endpoints)


def _install(folder: Path, stack: LocalStack) -> Installation:
    """An installation whose alerts do not escalate: that nobody sees to nearly all of them is not what is measured."""
    installation = install(folder / "demo", stack.addresses().settings_file)
    own = private_file(folder / "storm.yaml", yaml.safe_dump({"alerts": {"escalate_after_s": 86_400}}))
    files = (*installation.settings_files, own)
    return replace(installation, settings=load_settings(*files), settings_files=files)


def _plan_endpoints(folder: Path, size: StormSize) -> EndpointsPlan:
    endpoints = tuple(
        EndpointPlan(manner=manner, port=port, secret=new_secret(), journal=str(folder / f"{manner}.jsonl"))
        for manner, port in zip(Manner, free_ports(len(Manner), 29_000), strict=True)
    )
    hangs_again = max(35.0, _HANGS_AGAIN_AT * size.seconds)
    return EndpointsPlan(endpoints=endpoints, started_at_s=time.time() + 12.0, hangs_again_after_s=hangs_again)


async def _subscribe(installation: Installation, endpoints: Sequence[EndpointPlan]) -> None:
    for one in endpoints:
        terms = SubscriptionTerms(agency="Bench", url=f"http://127.0.0.1:{one.port}/alerts")
        await subscribe(installation.settings, one.manner, terms, one.secret)


def _values(installation: Installation) -> Iterator[bytes]:
    """All that is on pw.alerts now."""
    config = installation.settings.kafka.confluent_config()
    with closing(Consumer(config | {"group.id": "platewatch-bench", "enable.auto.commit": False})) as consumer:
        partitions = consumer.list_topics(TopicName.ALERTS, timeout=20).topics[TopicName.ALERTS].partitions
        ends = {
            number: consumer.get_watermark_offsets(TopicPartition(TopicName.ALERTS, number), timeout=20)[1]
            for number in partitions
        }
        left = {number: end for number, end in ends.items() if end}
        consumer.assign([TopicPartition(TopicName.ALERTS, number, OFFSET_BEGINNING) for number in left])
        while left:
            for message in consumer.consume(500, timeout=0.3):
                number, offset = message.partition(), message.offset()
                if message.error() is None and number is not None and offset is not None:
                    if offset + 1 >= left.get(number, 0):
                        left.pop(number, None)
                    yield message.value() or b""
