"""The real servers: they take data, keep it over every kind of end, and come back on the same ports."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import yaml
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from elasticsearch import Elasticsearch

from infra.local_stack.addresses import StackAddresses
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.local_stack.status import ServiceState

pytestmark = pytest.mark.real

# Generous: where other work takes the processor, Elasticsearch needs 10 s for its first index.
LIMIT_S = 90.0


class Marked:
    """One message, one key and one document under a fresh name, to be written once and found again."""

    def __init__(self, addresses: StackAddresses) -> None:
        self.addresses = addresses
        self.name = f"pw-test-{uuid.uuid4().hex[:10]}"

    def write(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.addresses.kafka_bootstrap})
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result(LIMIT_S)
        producer = Producer({"bootstrap.servers": self.addresses.kafka_bootstrap})
        producer.produce(self.name, self.name.encode())
        assert producer.flush(LIMIT_S) == 0
        with redis.Redis.from_url(self.addresses.redis_url) as client:
            client.set(self.name, "kept")
            # What a clean stop writes anyway is written here at once, for the ends that are not clean.
            client.execute_command("WAITAOF", 1, 0, 5000)
        with Elasticsearch(self.addresses.elasticsearch_url, request_timeout=LIMIT_S) as client:
            client.index(index=self.name, id="1", document={"plate": "KEPT"})

    def assert_kept(self) -> None:
        self.assert_kept_by_kafka()
        self.assert_kept_by_redis()
        with Elasticsearch(self.addresses.elasticsearch_url, request_timeout=LIMIT_S) as client:
            assert client.get(index=self.name, id="1")["_source"] == {"plate": "KEPT"}

    def assert_kept_by_kafka(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self.addresses.kafka_bootstrap,
                "group.id": self.name + uuid.uuid4().hex,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            consumer.subscribe([self.name])
            message = consumer.poll(LIMIT_S)
            assert message is not None
            assert message.value() == self.name.encode()
        finally:
            consumer.close()

    def assert_kept_by_redis(self) -> None:
        with redis.Redis.from_url(self.addresses.redis_url) as client:
            assert client.get(self.name) == b"kept"


def states(stack: LocalStack) -> dict[Service, ServiceState]:
    return {status.service: status.state for status in stack.status()}


def pids(stack: LocalStack) -> list[int | None]:
    return [status.pid for status in stack.status()]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_running_stack_says_where_it_is_and_how_it_is_doing(stack: LocalStack) -> None:
    addresses = stack.addresses()
    assert yaml.safe_load(addresses.settings_file.read_text())["kafka"]["bootstrap"] == addresses.kafka_bootstrap
    statuses = stack.status()
    assert {status.state for status in statuses} == {ServiceState.UP}
    # After hundreds of tests; what it takes right after its start stands in docs/performance.md.
    assert 200e6 < sum(status.resident_bytes or 0 for status in statuses) < 1e9
    assert all(status.uptime_s is not None and status.pid is not None for status in statuses)


def test_a_second_up_is_quick_and_changes_nothing(stack: LocalStack) -> None:
    before = pids(stack)
    begun = time.monotonic()
    assert LocalStack(stack.paths.folder).up() == stack.addresses()
    assert time.monotonic() - begun < 3
    assert pids(stack) == before


def test_data_is_kept_over_a_clean_stop_and_start(stack: LocalStack) -> None:
    marked = Marked(stack.addresses())
    marked.write()
    marked.assert_kept()
    stack.down()
    assert set(states(stack).values()) == {ServiceState.DOWN}
    assert stack.up() == marked.addresses
    marked.assert_kept()


@pytest.mark.parametrize("service", [Service.KAFKA, Service.REDIS])
def test_one_service_stops_and_starts_alone_on_its_ports(stack: LocalStack, service: Service) -> None:
    addresses = stack.addresses()
    stack.stop_service(service)
    assert states(stack)[service] is ServiceState.DOWN
    assert [state for state in states(stack).values()].count(ServiceState.UP) == 2
    assert stack.start_service(service) == addresses
    assert set(states(stack).values()) == {ServiceState.UP}


def test_services_that_crashed_are_reported_and_started_again_with_their_data(stack: LocalStack) -> None:
    marked = Marked(stack.addresses())
    marked.write()
    for service in (Service.KAFKA, Service.REDIS):
        stack.kill_service(service)
    until(lambda: states(stack)[Service.KAFKA] is ServiceState.DIED)
    assert states(stack) == {
        Service.KAFKA: ServiceState.DIED,
        Service.ELASTICSEARCH: ServiceState.UP,
        Service.REDIS: ServiceState.DIED,
    }
    stack.up()
    assert set(states(stack).values()) == {ServiceState.UP}
    marked.assert_kept()


def test_servers_listen_on_the_loopback_interface_alone(stack: LocalStack) -> None:
    listening = {
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    ports = {status.port for status in stack.status()}
    hosts = {address.split(":")[0] for address in listening if int(address.split(":")[1], 16) in ports}
    # 127.0.0.1 as the system writes it; Java's sockets are of the newer family and map it.
    assert hosts <= {"0100007F", "0000000000000000FFFF00000100007F"}
