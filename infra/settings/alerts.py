"""Settings of alerts: how urgent, when they escalate, and how they reach those who asked for them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from infra.settings.base import SettingsModel, with_secret_from_file

_KEY_BYTES = 32


class AlertSettings(SettingsModel):
    """Hits to alerts, and their life."""

    escalate_after_s: float = Field(
        120.0, gt=0, le=86400, description="Seconds after which an alert that sounds and that nobody took escalates."
    )
    priorities: dict[str, int] = Field(
        {
            "amber": 1,
            "terrorist-watch": 1,
            "missing": 2,
            "warrant": 2,
            "fugitive": 2,
            "stolen-vehicle": 2,
            "suspect": 2,
        },
        description="From 1, the most urgent, to 5, by category of the entry; 3 where none is given.",
    )
    exercise_lists: tuple[str, ...] = Field(
        (), description="Hot lists whose alerts are an exercise: marked so everywhere, and silent."
    )
    test_lists: tuple[str, ...] = Field((), description="Hot lists whose alerts are a test: likewise.")

    @field_validator("priorities")
    @classmethod
    def _check_priorities(cls, priorities: dict[str, int]) -> dict[str, int]:
        for category, priority in priorities.items():
            if not 1 <= priority <= 5:  # noqa: PLR2004 - the range that the text names
                msg = f"priority {priority} of {category} is outside of 1 to 5"
                raise ValueError(msg)
        return priorities


class Scheme(StrEnum):
    """How an endpoint is spoken to."""

    HTTPS = "https"
    HTTP = "http"
    MQTTS = "mqtts"
    MQTT = "mqtt"


class DeliverySettings(SettingsModel):
    """Alerts to their subscribers."""

    sealing_key: SecretStr | None = Field(
        None, description="Key that seals subscribers' secrets, 32 bytes in base64; better given by sealing_key_file."
    )
    sealing_key_file: Path | None = Field(None, description="File that holds the sealing key.")
    sealing_key_before: SecretStr | None = Field(
        None, description="The key before, while secrets that it sealed are about; it opens them and seals nothing."
    )
    sealing_key_before_file: Path | None = Field(None, description="File that holds the key before.")
    schemes: tuple[Scheme, ...] = Field(
        (Scheme.HTTPS, Scheme.MQTTS), description="How endpoints may be spoken to; http and mqtt are not encrypted."
    )
    private_networks: tuple[str, ...] = Field(
        (),
        description="Networks that are not public and that endpoints may be in all the same, such as 10.20.0.0/16. "
        "Without it no alert goes to a private, loopback or link-local address.",
    )
    source: str = Field(
        "platewatch",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.:/_-]{0,200}$",
        description="This installation's name among others, best a host name: who a message is from.",
    )
    agency: str = Field("", max_length=200, description="Whose installation it is, in words: Metro Police.")
    refresh_s: float = Field(1.0, gt=0, le=60, description="How often subscriptions are read again.")
    connect_timeout_s: float = Field(3.0, gt=0, le=60, description="Longest wait for a connection.")
    timeout_s: float = Field(10.0, gt=0, le=120, description="Longest wait for an answer, connection included.")
    answer_limit_bytes: int = Field(
        64 * 1024, ge=1024, le=2**20, description="What is read of an answer at most; the rest is cut off."
    )
    first_retry_s: float = Field(0.5, gt=0, le=60, description="Bound of the wait after the first try that failed.")
    longest_retry_s: float = Field(60.0, gt=0, le=3600, description="Bound of the wait between two tries.")
    give_up_after_s: float = Field(
        86400.0,
        gt=0,
        le=7 * 86400,
        description="Seconds of tries after which a delivery is a dead letter; sooner where retention.limit_h is so "
        "low that its outbox forgets it before.",
    )
    breaker_failures: int = Field(10, ge=1, le=1000, description="Failed tries in a row after which an endpoint rests.")
    breaker_rest_s: float = Field(
        5.0, gt=0, le=600, description="Seconds of that rest; then one message asks whether it is back."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_key_file(cls, data: Any) -> Any:
        return with_secret_from_file(with_secret_from_file(data, "sealing_key"), "sealing_key_before")

    @field_validator("sealing_key", "sealing_key_before")
    @classmethod
    def _check_key(cls, key: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        if key is None:
            return None
        try:
            length = len(base64.b64decode(key.get_secret_value(), altchars=b"-_", validate=True))
        except binascii.Error:
            length = 0
        if length != _KEY_BYTES:
            msg = f"{field.field_name} must be 32 bytes in base64; `platewatch webhook key` prints a new one"
            raise ValueError(msg)
        return key

    @field_validator("private_networks")
    @classmethod
    def _check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                msg = f"private_networks: {error}; write it as 10.20.0.0/16"
                raise ValueError(msg) from None
        return networks
