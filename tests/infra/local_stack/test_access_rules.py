"""Platewatch's user may use its own topics and groups, and nothing of others."""

from __future__ import annotations

from confluent_kafka.admin import AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from infra.local_stack.access_rules import OWNED_PREFIXES, client_rules
from streams.records import TopicName


def test_every_topic_of_ours_is_covered() -> None:
    assert all(topic.value.startswith(OWNED_PREFIXES) for topic in TopicName)


def test_rules_allow_all_on_owned_prefixes_and_only_harmless_things_on_the_cluster() -> None:
    rules = client_rules()
    assert {rule.permission_type for rule in rules} == {AclPermissionType.ALLOW}
    assert {rule.principal for rule in rules} == {"User:platewatch"}
    for rule in rules:
        if rule.restype is ResourceType.BROKER:
            assert rule.operation in {AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS}
        else:
            assert rule.name in OWNED_PREFIXES
            assert rule.resource_pattern_type is ResourcePatternType.PREFIXED
