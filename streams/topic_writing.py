"""One message onto a topic, from outside of Faust: for what a person does, which is rare and must be there."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.settings.services import KafkaSettings
from streams.faults import ServiceAwayError

_WITHIN_S = 5.0
_SERVICE = "kafka"


def write_message(topic: str, key: str | None, value: bytes, kafka: KafkaSettings) -> None:
    """Put the message on the topic, and wait until Kafka has it.

    Raises:
        ServiceAwayError: Kafka did not take it within five seconds.
    """
    faults: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            faults.append(error)

    config: dict[str, str | int] = {
        "acks": "all",
        "message.timeout.ms": int(_WITHIN_S * 1000),
        # As the workers' own producer spreads keys: what people and workers say of one alert must keep its order.
        "partitioner": "murmur2_random",
    }
    producer = Producer(kafka.confluent_config() | config)
    try:
        producer.produce(topic, value, key, on_delivery=delivered)
        waiting = producer.flush(_WITHIN_S + 1)
    except KafkaException as error:
        raise ServiceAwayError(_SERVICE, error.args[0].str()) from error
    if waiting or faults:
        reason = faults[0].str() if faults else "no answer"
        raise ServiceAwayError(_SERVICE, f"{kafka.bootstrap}: {reason}")
