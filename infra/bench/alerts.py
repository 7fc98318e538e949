"""`platewatch bench alerts`: how alerts reach those who asked for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from infra.bench.alert_storm import StormSize, measure_storm
from infra.bench.alert_way import measure_way
from infra.bench.feed import FeedLoad, measure_feed
from infra.bench.rows import Row
from infra.bench.servers import own_servers
from infra.demo.installation import install
from infra.initialise import initialise


def measure_alerts(told: Callable[[str], None], size: StormSize, plot: Path | None) -> list[Row]:
    """All rows: a storm on failing endpoints, the way of a frame, and the live feed.

    Args:
        told: is told what happens.
        size: of the storm.
        plot: where the storm's picture goes; None: nowhere.

    Raises:
        LocalStackError, DemoError, BenchError: servers, workers or clients do not start.
    """
    return [*measure_storm(told, size, plot), *measure_way(told), *_feed_rows(told)]


def _feed_rows(told: Callable[[str], None]) -> list[Row]:
    with own_servers() as (folder, stack):
        installation = install(folder / "feed", stack.addresses().settings_file)
        initialise(installation.settings)
        # The console reads one file; the installation's own stands beside it in the environment of workers.
        return asyncio.run(measure_feed(stack.addresses().settings_file, folder, FeedLoad(), told))
