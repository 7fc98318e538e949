"""Kafka's files and commands, plain and secured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from infra.local_stack.certificates import make_server_certificate
from infra.local_stack.kafka import KafkaSecurity, KafkaSpec, plan
from infra.local_stack.launch import LaunchPlan

PASSWORDS = ("broker-pw", "admin-pw", "client-pw")


def build_spec(*, security: KafkaSecurity | None = None) -> KafkaSpec:
    return KafkaSpec(
        home=Path("/stack/kafka"),
        java=Path("/jre/bin/java"),
        libs=Path("/libs with blanks"),
        port=9092,
        controller_port=9093,
        cluster_id="abcdefghijklmnopqrstuv",
        security=security,
    )


def secured_spec() -> KafkaSpec:
    certificate = make_server_certificate(datetime(2026, 1, 1, tzinfo=UTC))
    return build_spec(security=KafkaSecurity(certificate, *PASSWORDS))


def properties(launch_plan: LaunchPlan) -> dict[str, str]:
    text = next(file.content for file in launch_plan.files if file.path == "server.properties")
    return dict(line.split("=", 1) for line in text.splitlines())


def test_all_listeners_are_on_the_loopback_interface() -> None:
    for spec in (build_spec(), secured_spec()):
        listeners = properties(plan(spec))["listeners"].split(",")
        assert [listener.partition("://")[2] for listener in listeners] == ["127.0.0.1:9092", "127.0.0.1:9093"]


def test_topics_are_not_made_by_accident() -> None:
    assert properties(plan(build_spec()))["auto.create.topics.enable"] == "false"


def test_a_secured_kafka_takes_nobody_without_password_or_certificate() -> None:
    settings = properties(plan(secured_spec()))
    assert settings["listener.security.protocol.map"] == "SASL_SSL:SASL_SSL,CONTROLLER:SSL"
    assert settings["listener.name.controller.ssl.client.auth"] == "required"
    assert settings["authorizer.class.name"].endswith("StandardAuthorizer")
    assert "ANONYMOUS" not in settings["super.users"]


def test_no_password_is_on_a_command_line() -> None:
    launch_plan = plan(secured_spec())
    assert launch_plan.preparation is not None
    words = " ".join((*launch_plan.command, *launch_plan.preparation.command, *launch_plan.environment.values()))
    assert not any(password in words for password in PASSWORDS)
    assert launch_plan.preparation.discards == ("format.args",)
    assert all(password in launch_plan.preparation.files[0].content for password in PASSWORDS)
