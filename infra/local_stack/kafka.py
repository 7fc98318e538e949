"""How Kafka (one process, broker and controller) is configured, started and asked for its health."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.local_stack.addresses import Login, StackAddresses
from infra.local_stack.certificates import SERVER_NAME, ServerCertificate
from infra.local_stack.credentials import ADMIN_USER, BROKER_USER, CLIENT_USER
from infra.local_stack.launch import ConfigFile, LaunchPlan, Preparation, Service, java_heap_options
from infra.local_stack.ports import HOST

HEAP_MB = 256
FORMAT_HEAP_MB = 64
# About 4 s, and 20 s where other work takes most of the processor.
START_LIMIT_S = 180.0
_PROBE_TIMEOUT_S = 2.0

_COMMON = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": "data",
    # One node: one copy of everything, and few partitions of what Kafka keeps for itself.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A broker that was killed may come back only when the controller has given up its last life: by default after 9 s.
    # Below 2 s, a busy machine could take a living one for dead.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Nobody else will join in the next seconds: don't wait for them.
    "group.initial.rebalance.delay.ms": "0",
    # `platewatch init` makes the topics; a misspelt name is an error, not a new topic.
    "auto.create.topics.enable": "false",
    # The default of 128 MB would be half of the heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    # Above the producers' own limit, so that a frame that is too large is refused where it is made.
    "message.max.bytes": "8388608",
}

_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
appender.console.filter.threshold.type = ThresholdFilter
appender.console.filter.threshold.level = error
appender.rolling.type = RollingFile
appender.rolling.name = rolling
appender.rolling.fileName = logs/kafka.log
appender.rolling.filePattern = logs/kafka.%i.log
appender.rolling.layout.type = PatternLayout
appender.rolling.layout.pattern = [%d] %p %m (%c)%n
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 10MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
rootLogger.appenderRef.rolling.ref = rolling
# Prints every setting at each start.
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
logger.kafkaconfig.name = kafka.server.KafkaConfig
logger.kafkaconfig.level = warn
"""


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """The server's certificate and the passwords of Kafka's users."""

    certificate: ServerCertificate
    broker_password: str = field(repr=False)
    admin_password: str = field(repr=False)
    client_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KafkaSpec:
    """All that decides how one Kafka runs. `cluster_id`: 22 characters of base64url, the same for the data's life."""

    home: Path
    java: Path
    libs: Path
    port: int
    controller_port: int
    cluster_id: str
    security: KafkaSecurity | None = None


def plan(spec: KafkaSpec) -> LaunchPlan:
    """The files and the command of a Kafka. Paths in the configuration are relative to the home folder."""
    logging_option = "-Dlog4j2.configurationFile=log4j2.properties"
    class_path = ("-cp", str(spec.libs / "*"))
    return LaunchPlan(
        service=Service.KAFKA,
        command=(
            str(spec.java),
            *java_heap_options(HEAP_MB),
            "-XX:+ExitOnOutOfMemoryError",
            logging_option,
            *class_path,
            "kafka.Kafka",
            "server.properties",
        ),
        files=(
            ConfigFile("server.properties", _properties(_settings(spec))),
            ConfigFile("log4j2.properties", _LOGGING),
            *_security_files(spec.security),
        ),
        folders=("data", "logs"),
        start_limit_s=START_LIMIT_S,
        preparation=Preparation(
            # The arguments are in a file because some are passwords, and `ps` shows a command line to everybody.
            command=(str(spec.java), *java_heap_options(FORMAT_HEAP_MB), logging_option, *class_path, "@format.args"),
            empties="data",
            files=(ConfigFile("format.args", _argument_file(_format_arguments(spec))),),
        ),
    )


def is_ready(addresses: StackAddresses) -> bool:
    """Whether the broker answers: an open port is too early."""
    try:
        metadata = admin_client(addresses.kafka_bootstrap, addresses.kafka_login, addresses.ca_file).list_topics(
            timeout=_PROBE_TIMEOUT_S
        )
    except KafkaException:  # not there yet, which is the answer
        return False
    return len(metadata.brokers) == 1


def admin_client(bootstrap: str, login: Login | None, ca_file: Path | None) -> AdminClient:
    """A client for administration that keeps librdkafka's complaints about a server that still starts to itself."""
    silent = logging.getLogger("infra.local_stack.librdkafka")
    silent.disabled = True
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": bootstrap,
        "socket.timeout.ms": int(_PROBE_TIMEOUT_S * 1000),
        "reconnect.backoff.max.ms": 500,
    }
    if login is not None:
        config |= {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(ca_file),
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": login.username,
            "sasl.password": login.password,
        }
    return AdminClient(config, logger=silent)


def _settings(spec: KafkaSpec) -> dict[str, str]:
    listener = "PLAINTEXT" if spec.security is None else "SASL_SSL"
    settings = _COMMON | {
        "controller.quorum.voters": f"1@{HOST}:{spec.controller_port}",
        "listeners": f"{listener}://{HOST}:{spec.port},CONTROLLER://{HOST}:{spec.controller_port}",
        "advertised.listeners": f"{listener}://{HOST}:{spec.port}",
        "inter.broker.listener.name": listener,
    }
    if spec.security is None:
        return settings
    login_module = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    return settings | {
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            f'{login_module} username="{BROKER_USER}" password="{spec.security.broker_password}";'
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": "broker.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "ca.crt",
        # The controller's listener has no passwords: it takes only who shows the server's own certificate.
        "listener.name.controller.ssl.client.auth": "required",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{BROKER_USER};User:{ADMIN_USER};User:CN={SERVER_NAME}",
    }


def _security_files(security: KafkaSecurity | None) -> tuple[ConfigFile, ...]:
    if security is None:
        return ()
    certificate = security.certificate
    return (
        ConfigFile("broker.pem", certificate.key + certificate.certificate + certificate.authority),
        ConfigFile("ca.crt", certificate.authority),
    )


def _format_arguments(spec: KafkaSpec) -> tuple[str, ...]:
    arguments = ["kafka.tools.StorageTool", "format", "-t", spec.cluster_id, "-c", "server.properties"]
    if spec.security is not None:
        passwords = {
            BROKER_USER: spec.security.broker_password,
            ADMIN_USER: spec.security.admin_password,
            CLIENT_USER: spec.security.client_password,
        }
        for user, password in passwords.items():
            arguments += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
    return tuple(arguments)


def _argument_file(arguments: tuple[str, ...]) -> str:
    """Arguments for Java's `@file`: one a line, quoted."""
    return "".join(f'"{argument}"\n' for argument in arguments)


def _properties(settings: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
