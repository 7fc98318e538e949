"""The secured stack: the right password over a trusted connection gets in, anything less does not."""

from __future__ import annotations

import ssl
import uuid
from dataclasses import astuple
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import redis
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from elasticsearch import AuthenticationException, Elasticsearch
from elasticsearch import ConnectionError as ElasticsearchConnectionError

from infra.local_stack.addresses import StackAddresses
from infra.local_stack.credentials import load_or_create_credentials
from infra.local_stack.launch import Service
from infra.local_stack.stack import LocalStack
from infra.local_stack.status import ServiceState
from infra.settings import load_settings

pytestmark = pytest.mark.real

LIMIT_S = 90.0
# Long enough for two busy cores to refuse; a refusal shows as no answer, since the client keeps trying.
REFUSAL_S = 4.0


@pytest.fixture
def addresses(secured_stack: LocalStack) -> StackAddresses:
    return secured_stack.addresses()


def kafka_config(addresses: StackAddresses) -> dict[str, str | int | float | bool]:
    return load_settings(addresses.settings_file).kafka.confluent_config()


def test_all_services_are_up(secured_stack: LocalStack) -> None:
    assert {status.state for status in secured_stack.status()} == {ServiceState.UP}


def test_kafka_takes_our_topics_from_our_user(addresses: StackAddresses) -> None:
    config = kafka_config(addresses)
    topic = f"pw-test-{uuid.uuid4().hex[:10]}"
    admin = AdminClient(config)
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(LIMIT_S)
    producer = Producer(config)
    producer.produce(topic, b"ABC123")
    assert producer.flush(LIMIT_S) == 0
    consumer = Consumer({**config, "group.id": f"platewatch-{topic}", "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(LIMIT_S)
        assert message is not None
        assert message.value() == b"ABC123"
    finally:
        consumer.close()


def test_kafka_refuses_our_user_what_is_not_ours(addresses: StackAddresses) -> None:
    admin = AdminClient(kafka_config(addresses))
    deletion = admin.delete_topics(["__consumer_offsets"], operation_timeout=LIMIT_S)["__consumer_offsets"]
    with pytest.raises(KafkaException) as caught:
        deletion.result(LIMIT_S)
    assert caught.value.args[0].code() in {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,  # not even told whether it is there
    }


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"sasl.password": "wrong"}, id="wrong-password"),
        pytest.param({"ssl.ca.location": ssl.get_default_verify_paths().cafile or "probe"}, id="other-ca"),
        pytest.param({"security.protocol": "PLAINTEXT"}, id="no-login"),
    ],
)
def test_kafka_refuses_others(addresses: StackAddresses, changed: dict[str, str]) -> None:
    client = AdminClient({**kafka_config(addresses), **changed, "log_level": 0})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=REFUSAL_S)


def test_elasticsearch_takes_documents_from_our_user_alone(addresses: StackAddresses) -> None:
    login = addresses.elasticsearch_login
    assert login is not None
    url, authority = addresses.elasticsearch_url, str(addresses.ca_file)
    index = f"test-{uuid.uuid4().hex[:10]}"
    with Elasticsearch(
        url, basic_auth=(login.username, login.password), ca_certs=authority, request_timeout=LIMIT_S
    ) as client:
        assert client.index(index=index, id="1", document={"plate": "ABC123"})["result"] == "created"
    with (
        Elasticsearch(url, basic_auth=(login.username, "wrong"), ca_certs=authority) as client,
        pytest.raises(AuthenticationException),
    ):
        client.cluster.health()
    with Elasticsearch(url, ca_certs=authority) as client, pytest.raises(AuthenticationException):
        client.cluster.health()
    with (
        Elasticsearch(url, basic_auth=(login.username, login.password), max_retries=0) as client,
        pytest.raises(ElasticsearchConnectionError),
    ):
        client.cluster.health()


def test_redis_takes_keys_from_our_user_alone(addresses: StackAddresses) -> None:
    login = addresses.redis_login
    assert login is not None
    with redis.Redis.from_url(addresses.redis_url, username=login.username, password=login.password) as client:
        assert client.set("hl:test", "1", ex=60)
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.flushall()
    with (
        redis.Redis.from_url(addresses.redis_url, username=login.username, password="wrong") as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()
    with redis.Redis.from_url(addresses.redis_url) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()


def test_the_certificate_is_for_this_machine_alone(addresses: StackAddresses) -> None:
    context = ssl.create_default_context(cafile=str(addresses.ca_file))
    assert urlsplit(addresses.elasticsearch_url).hostname == "127.0.0.1"
    authority = context.get_ca_certs()[0]
    assert authority["subject"] == authority["issuer"]


def test_no_password_is_on_a_command_line_in_an_environment_or_a_log(secured_stack: LocalStack) -> None:
    secrets = astuple(load_or_create_credentials(secured_stack.paths.secrets))
    for status in secured_stack.status():
        process = psutil.Process(status.pid)
        for member in (process, *process.children(recursive=True)):
            shown = " ".join((*member.cmdline(), *member.environ().values()))
            assert not any(secret in shown for secret in secrets)
    for log in (path for service in Service for path in (secured_stack.home(service) / "logs").iterdir()):
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in secrets), log


def test_files_with_secrets_are_closed_to_others(secured_stack: LocalStack) -> None:
    folders = (secured_stack.paths.secrets, *(secured_stack.home(service) for service in Service))
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    named = ("kafka/server.properties", "kafka/broker.pem", "elasticsearch/config/users", "redis/users.acl")
    homes: Path = secured_stack.home(Service.KAFKA).parent
    assert {(homes / name).stat().st_mode & 0o777 for name in named} == {0o600}
    assert not (homes / "kafka/format.args").exists()
