"""Settings of the services that we are a client of: Kafka, Redis, Elasticsearch."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from infra.settings.base import CredentialSettings


class KafkaSecurity(StrEnum):
    """How the connection to Kafka is protected."""

    PLAINTEXT = "plaintext"
    SASL_SSL = "sasl_ssl"


class KafkaSettings(CredentialSettings):
    """The broker, and how topics are laid out on it."""

    bootstrap: str = Field("127.0.0.1:9092", description="host:port of one or more brokers, separated by commas.")
    security: KafkaSecurity = Field(KafkaSecurity.PLAINTEXT, description="plaintext, or sasl_ssl with SCRAM-SHA-512.")
    partitions: int = Field(4, ge=1, le=1024, description="Partitions of every topic that is joined; fixed at `init`.")
    replication: int = Field(1, ge=1, le=7, description="Copies of each partition; 3 in production.")

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if self.security is KafkaSecurity.SASL_SSL and not (self.username and self.password):
            msg = "security is sasl_ssl, so username and password_file must be set too"
            raise ValueError(msg)
        return self

    def confluent_config(self) -> dict[str, str | int | float | bool]:
        """The part of a confluent-kafka client's configuration that says where and who."""
        # The client's own log would go to standard error past ours; what matters reaches us as exceptions and reports.
        config: dict[str, str | int | float | bool] = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        if self.security is KafkaSecurity.SASL_SSL:
            config |= {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": self.username or "",
                "sasl.password": self.secret,
            }
            if self.ca_file:
                config["ssl.ca.location"] = str(self.ca_file)
        return config


class RedisSettings(CredentialSettings):
    """The store of the hot lists."""

    url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://", description="redis:// or rediss:// (TLS).")


class ElasticsearchSettings(CredentialSettings):
    """The index of all detections."""

    url: str = Field("http://127.0.0.1:9200", pattern=r"^https?://", description="http:// or https://.")
    shards: int = Field(1, ge=1, le=64, description="Primary shards of each daily index.")
    replicas: int = Field(0, ge=0, le=4, description="Copies of each shard; 1 or more in production.")
