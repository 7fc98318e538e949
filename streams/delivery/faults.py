"""What can go wrong between us and an endpoint, before there is an answer.

StreamError
└── DeliveryError
    ├── EndpointRefusedError     we may not speak to that address: only another URL or other settings help
    ├── EndpointSetupError       what the subscription says of proof or trust cannot be used: only a change of it helps
    ├── SealingError
    │   ├── NoSealingKeyError    the installation has no key to seal secrets with
    │   └── UnsealableError      sealed with another key, or damaged
    └── ExchangeError            the endpoint, or who vouches for us to it, did not do its part: another try may help
"""

from __future__ import annotations

from streams.faults import StreamError


class DeliveryError(StreamError):
    """Root of the errors of this package. Each message is one sentence without secrets, fit for the delivery log."""


class EndpointRefusedError(DeliveryError):
    """An address that we do not speak to; the message says what about it, and never repeats credentials."""


class EndpointSetupError(DeliveryError):
    """A secret, certificate or header of a subscription that cannot be used as it is."""


class SealingError(DeliveryError):
    """A secret cannot be sealed or unsealed."""


class NoSealingKeyError(SealingError):
    """No sealing key is set."""

    def __init__(self) -> None:
        super().__init__(
            "no sealing key is set: write what `platewatch webhook key` prints into a file "
            "and name that file in delivery.sealing_key_file"
        )


class UnsealableError(SealingError):
    """A sealed secret that none of the keys opens."""

    def __init__(self) -> None:
        super().__init__(
            "the secret was sealed with another key than delivery.sealing_key: "
            "set the key it was sealed with as delivery.sealing_key_before, or give the secret again"
        )


class ExchangeError(DeliveryError):
    """No answer that can be used."""
