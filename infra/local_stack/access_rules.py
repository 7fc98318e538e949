"""What Platewatch's own user may do on a secured Kafka: everything on its own topics and groups, nothing elsewhere."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from infra.local_stack.addresses import Login, StackAddresses
from infra.local_stack.credentials import CLIENT_USER
from infra.local_stack.errors import ServiceStartError
from infra.local_stack.kafka import admin_client

# Our topics begin with "pw."; Faust's changelogs and groups with the names of our workers' apps.
OWNED_PREFIXES = ("pw", "platewatch")
_LIMIT_S = 20.0


def client_rules() -> list[AclBinding]:
    """The access rules of the user `platewatch`."""
    rules = [
        _rule(resource, prefix, ResourcePatternType.PREFIXED, AclOperation.ALL)
        for resource in (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)
        for prefix in OWNED_PREFIXES
    ]
    cluster_operations = (AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS)
    rules += [
        _rule(ResourceType.BROKER, "kafka-cluster", ResourcePatternType.LITERAL, operation)
        for operation in cluster_operations
    ]
    return rules


def grant_client_rules(addresses: StackAddresses, admin: Login) -> None:
    """Write the rules; those that are there stay as they are.

    Raises:
        ServiceStartError: Kafka refused them.
    """
    client = admin_client(addresses.kafka_bootstrap, admin, addresses.ca_file)
    try:
        for future in client.create_acls(client_rules(), request_timeout=_LIMIT_S).values():
            future.result(_LIMIT_S)
    except (KafkaException, TimeoutError) as error:
        msg = (
            f"kafka did not take the access rules of {CLIENT_USER} ({error}): run `platewatch stack up --secured` again"
        )
        raise ServiceStartError(msg) from error


def _rule(resource: ResourceType, name: str, pattern: ResourcePatternType, operation: AclOperation) -> AclBinding:
    return AclBinding(resource, name, pattern, f"User:{CLIENT_USER}", "*", operation, AclPermissionType.ALLOW)
