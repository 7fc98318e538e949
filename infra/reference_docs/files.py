"""All generated files at their places, which of them are stale, and writing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from infra.reference_docs.alert_event_schema import ALERT_EVENT, alert_event_schema
from infra.reference_docs.alert_formats_page import alert_formats_page
from infra.reference_docs.asyncapi import asyncapi_yaml
from infra.reference_docs.metrics_page import metrics_page
from infra.reference_docs.record_schemas import file_name, frame_headers_schema, record_schema, record_types
from infra.reference_docs.settings_page import settings_page

SCHEMAS = "schemas"
FRAME_HEADERS = "frame-headers.json"


def reference_files() -> dict[str, str]:
    """The content of every generated file, by its path below the documentation folder."""
    schemas = {file_name(record_type): record_schema(record_type) for record_type in record_types()}
    schemas[FRAME_HEADERS] = frame_headers_schema()
    schemas[ALERT_EVENT] = alert_event_schema()
    return {
        **{f"{SCHEMAS}/{name}": f"{json.dumps(schema, indent=2)}\n" for name, schema in schemas.items()},
        "alert-formats.md": alert_formats_page(),
        "asyncapi.yaml": asyncapi_yaml(),
        "settings.md": settings_page(),
        "metrics.md": metrics_page(),
    }


def stale_files(docs: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that are missing, differ, or are left over from a record that is gone."""
    differing = [docs / name for name, content in files.items() if _content(docs / name) != content]
    return tuple(sorted([*differing, *_left_over(docs, files)]))


def write_files(docs: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write what is missing or differs; the files that were written."""
    written = []
    for name, content in files.items():
        path = docs / name
        if _content(path) != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            written.append(path)
    return tuple(written)


def remove_left_over(docs: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Remove schemas of records that are gone; the files that were removed."""
    left_over = _left_over(docs, files)
    for path in left_over:
        path.unlink()
    return left_over


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _left_over(docs: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    # Only the schemas have a folder of their own; beside the pages lies what people write.
    return tuple(path for path in sorted((docs / SCHEMAS).glob("*.json")) if f"{SCHEMAS}/{path.name}" not in files)
