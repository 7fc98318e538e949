"""The console as a process: serves until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal

import structlog
import uvloop
from aiohttp import web

from dashboards.console_app import build_console
from infra.health import PortTakenError
from infra.settings import Settings
from infra.settings.console import ConsoleSettings

_STOP_WITHIN_S = 5.0
"""What requests under way are given when the console stops."""

log = structlog.get_logger(__name__)


def run_console(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        TokensFileError: the file of tokens cannot be used.
        PortTakenError: the port is in use, or may not be listened on.
    """
    # A thousand clients in rounds of 50 ms are 20,000 writes a second, which asyncio's own loop does not do on a core.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings))


async def _run(settings: Settings) -> None:
    structlog.contextvars.bind_contextvars(worker="console")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    # Without an access log: it would name who looked at which alert past the audit log, and signatures of links.
    runner = web.AppRunner(build_console(settings), access_log=None, shutdown_timeout=_STOP_WITHIN_S)
    await runner.setup()
    try:
        await listen(runner, settings.console)
        log.info("console started", host=settings.console.host, port=runner.addresses[0][1])
        await stopping.wait()
        log.info("console stopping")
    finally:
        await runner.cleanup()


async def listen(runner: web.AppRunner, settings: ConsoleSettings) -> None:
    """Listen where the settings say.

    Raises:
        PortTakenError: the port is in use, or may not be listened on.
    """
    host, port = settings.host, settings.port
    try:
        # A thousand clients come back in the same second after a restart.
        await web.TCPSite(runner, host, port, backlog=4096).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = f"port {port} on {host} is in use; end what listens there or set console.port to another one"
        else:
            reason = os.strerror(error.errno) if error.errno else str(error)
            msg = f"{host}:{port} cannot be listened on ({reason}); set console.host and console.port otherwise"
        raise PortTakenError(msg) from error
