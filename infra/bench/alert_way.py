"""From a frame to a webhook: how long, and on which stretch of the way. By the broker's clock, all on one machine."""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from confluent_kafka import Consumer, Message, TopicPartition
from rich.console import Console

from infra.bench.alert_storm_report import quantile
from infra.bench.clips import video_frames
from infra.bench.rows import Better, Goal, Row, figure
from infra.bench.servers import own_servers
from infra.demo.demo import Clock, Demo
from infra.demo.receiver import Receipt
from infra.demo.report import Observed
from infra.demo.scenario import Scenario, rendered
from infra.settings.services import KafkaSettings
from recognizers.recognizer import build_recognizer
from recognizers.rendering.clip_spec import ClipSpec
from streams.codec import decode
from streams.delivery.subscription import delivery_id
from streams.records import Alert, AlertEvent, Detection, Hit, Match, TopicName

_CLIP = ClipSpec(name="way", seed=2, seconds=30, fps=10, slowest_kmh=35, fastest_kmh=75)
_PLAYS = 6
_CALLING = frozenset({AlertEvent.RAISED, AlertEvent.UPGRADED})
_FOLLOWED = (TopicName.DETECTIONS, TopicName.MATCHES, TopicName.HITS, TopicName.ALERTS)
_PLAIN = Goal(None, None)

STRETCHES = (
    "frame to detection: wait, decode, detect, read, fuse, picture",
    "detection to match: Kafka, Redis, posterior",
    "match to hit: Kafka, window",
    "hit to alert: Kafka, changelog",
    "alert to webhook: Kafka, outbox, format, sign, post",
)


@dataclass(slots=True)
class Appended:
    """When the broker took what; seconds since the epoch, by what names it. The first time counts."""

    at_s: dict[tuple[str, str, int], float] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    """Those that call people, by the id of their message."""

    def take(self, message: Message) -> None:
        """Note a message."""
        topic, value = message.topic() or "", message.value() or b""
        at_s = message.timestamp()[1] / 1000
        if topic == TopicName.DETECTIONS:
            detection = decode(Detection, value).record
            self._note(topic, detection.id, detection.revision, at_s)
        elif topic == TopicName.MATCHES:
            match = decode(Match, value).record
            self._note(topic, match.id, match.detection.revision, at_s)
        elif topic == TopicName.HITS:
            hit = decode(Hit, value).record
            self._note(topic, hit.id, hit.revision, at_s)
        elif topic == TopicName.ALERTS:
            alert = decode(Alert, value).record
            self._note(topic, alert.id, alert.revision, at_s)
            if alert.steps[-1].event in _CALLING:
                self.alerts[delivery_id(alert.id, alert.revision)] = alert

    def _note(self, topic: str, name: str, revision: int, at_s: float) -> None:
        self.at_s.setdefault((topic, name, revision), at_s)


def stretches_ms(
    alert: Alert, receipt: Receipt, appended: Mapping[tuple[str, str, int], float], frame_s: float
) -> list[float] | None:
    """How long each of STRETCHES took for an alert; None where a part of its way was not seen. Pure."""
    match = alert.hit.match
    names = (
        (TopicName.DETECTIONS, match.detection.id, match.detection.revision),
        (TopicName.MATCHES, match.id, match.detection.revision),
        (TopicName.HITS, alert.hit.id, alert.hit.revision),
        (TopicName.ALERTS, alert.id, alert.revision),
    )
    times = [frame_s, *(appended.get(name) for name in names), receipt.received_at_s]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None
    return [1000 * (after - before) for before, after in pairwise(known)]


@dataclass(slots=True)
class Ways:
    """What was seen of all plays, in milliseconds."""

    totals: list[float] = field(default_factory=list)
    stretches: list[list[float]] = field(default_factory=list)

    def add(self, observed: Observed, appended: Appended) -> None:
        """Add one play's alerts, each as it was told first."""
        for receipt in observed.receipts:
            alert = appended.alerts.get(receipt.webhook_id)
            frame_s = observed.acknowledged_s.get(receipt.sequence)
            if alert is None or frame_s is None:
                continue
            self.totals.append(1000 * (receipt.received_at_s - frame_s))
            way = stretches_ms(alert, receipt, appended.at_s, frame_s)
            if way is not None:
                self.stretches.append(way)


def measure_way(told: Callable[[str], None], plays: int = _PLAYS) -> list[Row]:
    """Rows of the demo's clip at 10 frames a second, every plate of it wanted, played several times.

    Raises:
        LocalStackError, DemoError: servers or workers do not start.
    """
    ways = Ways()
    with own_servers() as (folder, stack):
        told("rendering the clip")
        scenario = all_wanted(rendered(_CLIP, folder))
        console = Console(file=io.StringIO())
        demo = Demo(folder / "demo", stack.addresses().settings_file, scenario, console, Clock())
        with demo.started() as (installation, supervisor):
            for number in range(plays):
                told(f"playing the clip, {number + 1} of {plays}")
                with following(installation.settings.kafka) as appended:
                    ways.add(demo.play(installation, supervisor).observed, appended())
        told("recognition step by step")
        return [*way_rows(ways, plays), *recognition_rows(scenario.source)]


def all_wanted(scenario: Scenario) -> Scenario:
    """The scenario with every plate of its clip on the hot list."""
    return replace(scenario, wanted=frozenset(one.plate for one in scenario.truth or ()))


@contextmanager
def following(kafka: KafkaSettings) -> Iterator[Callable[[], Appended]]:
    """What comes to the topics from now on; asked for once it is there, which ends the following."""
    config = kafka.confluent_config() | {"group.id": "platewatch-bench", "enable.auto.commit": False}
    with closing(Consumer(config)) as consumer:
        topics = consumer.list_topics(timeout=10).topics
        places = [TopicPartition(name, number) for name in _FOLLOWED for number in topics[name].partitions]
        consumer.assign(
            [
                TopicPartition(place.topic, place.partition, consumer.get_watermark_offsets(place, timeout=10)[1])
                for place in places
            ]
        )

        def drained() -> Appended:
            appended = Appended()
            while messages := consumer.consume(1000, timeout=1.0):
                for message in messages:
                    if message.error() is None:
                        appended.take(message)
            return appended

        yield drained


def way_rows(ways: Ways, plays: int) -> list[Row]:
    """The rows: the whole way first, then each stretch of it."""
    how = f"demo's clip at 10 frames/s, all plates wanted, {plays} times: {len(ways.totals)} alerts; all services here"
    ordered = sorted(ways.totals)
    quick = Goal(500, 250, Better.LOWER)
    rows = [
        figure("frame to webhook: median", quantile(ordered, 0.5), "ms", goal=_PLAIN, how=how),
        figure("frame to webhook: 99 of 100", quantile(ordered, 0.99), "ms", goal=quick, how=how),
    ]
    for place, name in enumerate(STRETCHES):
        times = sorted(way[place] for way in ways.stretches)
        rows.append(figure(f"{name}: median", quantile(times, 0.5), "ms", goal=_PLAIN, how=how))
        rows.append(figure(f"{name}: 99 of 100", quantile(times, 0.99), "ms", goal=_PLAIN, how=how))
    return rows


def recognition_rows(source: str) -> list[Row]:
    """What of the first stretch is work on the picture: each step's median, one core, in this process."""
    recognizer = build_recognizer()
    timings = [recognizer.recognize(jpeg).timings for _, jpeg in video_frames(Path(source), float(_CLIP.fps))]
    how = "the clip's frames through the recogniser alone, one core"
    return [
        figure(
            f"{step}: median of a frame",
            statistics.median(getattr(timing, f"{step}_ms") for timing in timings),
            "ms",
            goal=_PLAIN,
            how=how,
        )
        for step in ("decode", "detect", "read")
    ]
