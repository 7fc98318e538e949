"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def describe_machine() -> str:
    """Processor, cores, memory and load, in one line: a figure without its machine says nothing."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    hardware = f"{_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB"
    return f"{hardware}, Python {platform.python_version()}, load {load:.1f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
