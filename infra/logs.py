"""Structured logs to standard error: ids, never plates or secrets."""

from __future__ import annotations

import logging
import sys

import structlog

from infra.log_repeats import QuietRepeats
from infra.settings.workers import LogFormat, LogSettings

_CHATTY = ("aiokafka", "elastic_transport", "faust", "mode", "asyncio")
"""Libraries whose information is our debugging."""

_REPEATS_EVERY_S = 10.0
"""A client that has lost its server logs several lines for each try, several times a second."""


def configure_logs(settings: LogSettings) -> None:
    """Send all logs, the libraries' too, through one renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    handler.addFilter(QuietRepeats(_REPEATS_EVERY_S, _CHATTY))
