"""An alert's revision onto pw.alerts, from outside of Faust."""

from __future__ import annotations

from infra.settings.services import KafkaSettings
from streams.codec import encode
from streams.records import Alert, TopicName
from streams.topic_writing import write_message


def publish_alert(alert: Alert, kafka: KafkaSettings) -> None:
    """Put the alert as it stands on pw.alerts, and wait until Kafka has it.

    Raises:
        ServiceAwayError: Kafka did not take it.
    """
    write_message(TopicName.ALERTS, alert.id, encode(alert), kafka)
