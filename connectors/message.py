"""A message on its way to Kafka, and its bytes on the disk spool."""

from __future__ import annotations

import msgspec


class OutgoingMessage(msgspec.Struct, frozen=True, array_like=True):
    """What is produced to Kafka. `timestamp_ms` is milliseconds since 1970, UTC."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int

    @property
    def size(self) -> int:
        """Bytes of key and value, which is nearly all of it."""
        return len(self.key) + len(self.value)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(OutgoingMessage)


def encode_message(message: OutgoingMessage) -> bytes:
    """The message as bytes."""
    return _encoder.encode(message)


def decode_message(data: bytes) -> OutgoingMessage:
    """The message in bytes that `encode_message` made and a checksum has guarded since."""
    return _decoder.decode(data)
