"""A broker of MQTT 3.1.1 for tests: amqtt, in a process of its own, and its client to listen with.

Run as a program, it is that process: `python -m tests.mqtt_brokers '{"port": 0, "pem": ""}'` prints its port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.client import MQTTClient

from streams.delivery.subscription import Subscription
from tests.builders import build_subscription
from tests.certificates import Issued
from tests.endpoint_servers import MESSAGE, raw_server

_ROOT = Path(__file__).parents[1]
_PATIENCE_S = 20

CONNACK = bytes([0x20, 3, 0, 0, 0])
"""Of MQTT 5: you are welcome."""


@dataclass(slots=True)
class RunningBroker:
    """A broker on loopback."""

    port: int
    listener: MQTTClient

    def url(self, topic: str = "metro/alerts", *, host: str = "127.0.0.1", scheme: str = "mqtt") -> str:
        """Of a topic."""
        return f"{scheme}://{host}:{self.port}/{topic}"

    async def next(self) -> tuple[str, bytes, int]:
        """Topic, payload and QoS of the next message that was published."""
        message = await self.listener.deliver_message(timeout_duration=_PATIENCE_S)
        assert message is not None
        return message.topic, bytes(message.data or b""), int(message.qos or 0)


@asynccontextmanager
async def broker(*, tls: Issued | None = None, port: int = 0) -> AsyncIterator[RunningBroker]:
    """A running broker, and a listener to all its topics, which comes in by a door of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
        if tls is not None:
            pem.write(tls.certificate + tls.key)
            pem.flush()
        wanted = json.dumps({"port": port, "pem": pem.name if tls else ""})
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.mqtt_brokers", wanted, stdout=asyncio.subprocess.PIPE, cwd=_ROOT
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(_PATIENCE_S):
                ports = json.loads(await process.stdout.readline())
            listener = MQTTClient(config={"auto_reconnect": False})
            await listener.connect(f"mqtt://127.0.0.1:{ports['inside']}")
            await listener.subscribe([("#", 1)])
            yield RunningBroker(ports["ours"], listener)
            await listener.disconnect()
        finally:
            process.kill()
            await process.wait()


@asynccontextmanager
async def bytes_broker(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Subscription]:
    """Of MQTT, for what no broker does; gives a subscription to it."""
    async with raw_server(serve) as url:
        yield build_subscription(url=url.replace("http:", "mqtt:").replace("/alerts", "/metro"))


async def acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Each publication, by its packet id, until the client goes."""
    while received := await reader.read(1000):
        if MESSAGE.payload.body in received:
            topic = received.index(b"metro")
            writer.write(bytes([0x40, 2]) + received[topic + 5 : topic + 7])


async def _serve(wanted: dict[str, Any]) -> None:
    ours: dict[str, Any] = {"type": "tcp", "bind": f"127.0.0.1:{wanted['port']}"}
    if wanted["pem"]:
        ours |= {"ssl": True, "certfile": wanted["pem"], "keyfile": wanted["pem"]}
    running = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}, "ours": ours},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await running.start()
    print(json.dumps({"ours": _port(running, "ours"), "inside": _port(running, "default")}), flush=True)  # noqa: T201
    await asyncio.Event().wait()


def _port(running: Broker, door: str) -> int:
    return int(running._servers[door].instance.sockets[0].getsockname()[1])


if __name__ == "__main__":
    # Of clients that go while it speaks to them it makes a lot of words.
    logging.disable(logging.CRITICAL)
    asyncio.run(_serve(json.loads(sys.argv[1])))
