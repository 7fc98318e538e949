"""A dispatch system's end of the webhook: checks each signature and writes down what came, when.

Run as a process of its own, `python -m infra.demo.receiver PORT SECRET_FILE JOURNAL`, so that it is as far from the
workers as a real one.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery, as the receiver saw it."""

    webhook_id: str
    alert: str
    event: str
    """What made the revision: `raised`, `upgraded`, `verified` …"""
    received_at_s: float
    """Seconds since the epoch."""
    entry: str
    plate: str
    camera: str
    sequence: int
    """The frame that brought the alert about."""


def build_receiver(secret: str, journal: Path) -> web.Application:
    """The receiver; refuses what is not signed with the secret."""
    webhook = Webhook(secret)

    async def receive(request: web.Request) -> web.Response:
        received_at_s = time.time()
        body = await request.text()
        try:
            event = webhook.verify(body, {name.lower(): value for name, value in request.headers.items()})
        except WebhookVerificationError as error:
            return web.Response(status=401, text=f"{error}\n")
        alert = event["data"]
        deciding = next(sighting for sighting in alert["sightings"] if sighting["frame"] is not None)
        receipt = {
            "webhook_id": request.headers["webhook-id"],
            "alert": alert["alert"],
            "event": alert["event"],
            "received_at_s": received_at_s,
            "entry": alert["wanted"]["entry"],
            "plate": alert["read"]["plate"],
            "camera": deciding["camera"],
            "sequence": deciding["frame"],
        }
        with journal.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(receipt) + "\n")
        return web.Response(status=204)

    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/alerts", receive)
    return app


def read_journal(journal: Path) -> list[Receipt]:
    """What the receiver has written down so far."""
    if not journal.exists():
        return []
    lines = journal.read_text(encoding="utf-8").splitlines()
    return [Receipt(**json.loads(line)) for line in lines]


def main() -> None:
    """Serve until ended."""
    port, secret_file, journal = sys.argv[1:4]
    secret = Path(secret_file).read_text(encoding="utf-8").strip()
    web.run_app(build_receiver(secret, Path(journal)), host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main()
