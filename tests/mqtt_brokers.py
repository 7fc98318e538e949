"""A broker of MQTT 3.1.1 for tests: amqtt, in a process of its own, and its client to listen with.

Run as a program, it is that process: `python -m tests.mqtt_brokers '{"port": 0, "pem": ""}'` prints its port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from amqtt.broker import Broker
from amqtt.client import MQTTClient

from tests.certificates import Issued

_PATIENCE_S = 20


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
            sys.executable, "-m", "tests.mqtt_brokers", wanted, stdout=asyncio.subprocess.PIPE
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
