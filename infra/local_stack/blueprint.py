"""One stack's services, put together from its state, the programs and, when secured, its secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra.local_stack import elasticsearch, kafka, redis
from infra.local_stack.addresses import Login, Security, StackAddresses
from infra.local_stack.certificates import ServerCertificate, load_or_create_certificate
from infra.local_stack.credentials import ADMIN_USER, StackCredentials, load_or_create_credentials, password_file
from infra.local_stack.launch import LaunchPlan, Service
from infra.local_stack.ports import StackPorts
from infra.local_stack.programs import Programs
from infra.local_stack.state import StackState, StatePaths, addresses_of

PROBES: Mapping[Service, Callable[[StackAddresses], bool]] = {
    Service.KAFKA: kafka.is_ready,
    Service.ELASTICSEARCH: elasticsearch.is_ready,
    Service.REDIS: redis.is_ready,
}


@dataclass(frozen=True, slots=True)
class StackSecrets:
    """The passwords and the certificate of a secured stack."""

    credentials: StackCredentials
    certificate: ServerCertificate


def load_secrets(paths: StatePaths, state: StackState, now: datetime) -> StackSecrets | None:
    """The secrets of a secured stack, made where missing; None for a plain one."""
    if state.security is Security.PLAIN:
        return None
    return StackSecrets(load_or_create_credentials(paths.secrets), load_or_create_certificate(paths.secrets, now))


def stack_addresses(paths: StatePaths, state: StackState, secrets: StackSecrets | None) -> StackAddresses:
    """Where the services of the stack are, and what clients must bring."""
    return addresses_of(paths, state, secrets.credentials if secrets else None)


def kafka_admin(paths: StatePaths, secrets: StackSecrets) -> Login:
    """The user that may write access rules."""
    return Login(ADMIN_USER, secrets.credentials.kafka_admin, password_file(paths.secrets, "kafka_admin"))


def ports_of(service: Service, ports: StackPorts) -> tuple[int, ...]:
    """The ports that a service listens on."""
    match service:
        case Service.KAFKA:
            return (ports.kafka, ports.kafka_controller)
        case Service.ELASTICSEARCH:
            return (ports.elasticsearch, ports.elasticsearch_transport)
        case Service.REDIS:
            return (ports.redis,)


def plan_service(
    service: Service, home: Path, *, programs: Programs, state: StackState, secrets: StackSecrets | None
) -> LaunchPlan:
    """How the service is started in its home folder."""
    match service:
        case Service.KAFKA:
            return kafka.plan(_kafka(home, programs, state, secrets))
        case Service.ELASTICSEARCH:
            return elasticsearch.plan(_elasticsearch(home, programs, state, secrets))
        case Service.REDIS:
            password = secrets.credentials.redis if secrets else None
            return redis.plan(redis.RedisSpec(home, programs.valkey_server, state.ports.redis, password))


def _kafka(home: Path, programs: Programs, state: StackState, secrets: StackSecrets | None) -> kafka.KafkaSpec:
    security = None
    if secrets is not None:
        security = kafka.KafkaSecurity(
            certificate=secrets.certificate,
            broker_password=secrets.credentials.kafka_broker,
            admin_password=secrets.credentials.kafka_admin,
            client_password=secrets.credentials.kafka,
        )
    return kafka.KafkaSpec(
        home=home,
        java=programs.java_home / "bin" / "java",
        libs=programs.kafka_libs,
        port=state.ports.kafka,
        controller_port=state.ports.kafka_controller,
        cluster_id=state.cluster_id,
        security=security,
    )


def _elasticsearch(
    home: Path, programs: Programs, state: StackState, secrets: StackSecrets | None
) -> elasticsearch.ElasticsearchSpec:
    tls = None
    if secrets is not None:
        tls = elasticsearch.ElasticsearchTls(secrets.certificate, secrets.credentials.elasticsearch)
    return elasticsearch.ElasticsearchSpec(
        home=home,
        program=programs.elasticsearch_home,
        java_home=programs.java_home,
        port=state.ports.elasticsearch,
        transport_port=state.ports.elasticsearch_transport,
        tls=tls,
    )
