"""Secrets of subscribers, sealed before they are stored: Fernet (AES-128-CBC, HMAC-SHA256) under the settings' key."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from infra.settings.alerts import DeliverySettings
from streams.delivery.faults import NoSealingKeyError, UnsealableError
from streams.delivery.subscription import SecretName, Subscription


def new_sealing_key() -> str:
    """A new key: 32 random bytes in base64."""
    return Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class OpenedSecrets:
    """The secrets of one subscription in clear; they do not print."""

    signing: tuple[str, ...] = field(default=(), repr=False)
    """The live ones, the newest first."""
    auth: str = field(default="", repr=False)


class Sealer:
    """Seals with the key of the settings; unseals with that one or the one before it."""

    def __init__(self, settings: DeliverySettings) -> None:
        keys = (settings.sealing_key, settings.sealing_key_before)
        ciphers = [Fernet(key.get_secret_value()) for key in keys if key is not None]
        # With the former key alone nothing may be sealed: what is sealed now must outlive it.
        self._sealing = ciphers[0] if settings.sealing_key is not None else None
        self._unsealing = MultiFernet(ciphers) if ciphers else None

    def seal(self, text: str) -> str:
        """The text, sealed.

        Raises:
            NoSealingKeyError: no key is set.
        """
        if self._sealing is None:
            raise NoSealingKeyError
        return self._sealing.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            NoSealingKeyError: no key is set.
            UnsealableError: it was sealed with another key, or was changed since.
        """
        if self._unsealing is None:
            raise NoSealingKeyError
        try:
            return self._unsealing.decrypt(sealed).decode()
        except (InvalidToken, ValueError):
            raise UnsealableError from None

    def reseal(self, sealed: str) -> str:
        """What was sealed with the key before, under the present one.

        Raises:
            NoSealingKeyError: no key is set.
            UnsealableError: it was sealed with neither.
        """
        return self.seal(self.unseal(sealed))

    def open(self, subscription: Subscription) -> OpenedSecrets:
        """All secrets of a subscription; one that has none needs no key.

        Raises:
            NoSealingKeyError: no key is set.
            UnsealableError: one of them was sealed with another key.
        """
        opened = {name: self.unseal(sealed) for name, sealed in subscription.sealed.items()}
        signing = (opened.get(SecretName.SIGNING), opened.get(SecretName.SIGNING_BEFORE))
        return OpenedSecrets(tuple(secret for secret in signing if secret), opened.get(SecretName.AUTH, ""))
