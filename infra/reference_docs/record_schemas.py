"""A JSON Schema (draft 2020-12) for each record on the wire, with the words of its docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from types import ModuleType
from typing import Any

import msgspec

from streams import records
from streams.records import SCHEMA_VERSION, Frame, Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?"


def record_types() -> tuple[type[Record], ...]:
    """Every record, in the order of its declaration."""
    found = (value for value in vars(records).values() if isinstance(value, type) and issubclass(value, Record))
    return tuple(record_type for record_type in found if record_type is not Record)


def slug(record_type: type) -> str:
    """The record's name in file names: `DeadLetter` is `dead-letter`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", record_type.__name__).lower()


def file_name(record_type: type) -> str:
    """The name of the record's schema file."""
    return f"{slug(record_type)}.json"


def record_schema(record_type: type[Record]) -> dict[str, Any]:
    """The record's schema, complete in itself: what it holds is under `$defs`."""
    definitions: dict[str, Any] = dict(msgspec.json.schema(record_type)["$defs"])
    describe(definitions, records)
    root = definitions.pop(record_type.__name__)
    return {
        "$schema": DIALECT,
        "$id": f"urn:platewatch:record:{slug(record_type)}:{SCHEMA_VERSION}",
        "$comment": "Generated from streams/records.py. Readers leave out and count fields that are not named here.",
        **root,
        **({"$defs": {name: definitions[name] for name in sorted(definitions)}} if definitions else {}),
    }


def frame_headers_schema() -> dict[str, Any]:
    """The schema of a frame's facts, which travel as Kafka headers: texts all of them, in UTF-8.

    Written by hand, because a frame is no JSON; a test holds it to what `streams.codec` writes and reads.
    """
    words = _field_words(records).get(Frame.__name__, {})
    properties: dict[str, Any] = {
        "captured_at": _MOMENT,
        "received_at": _MOMENT,
        "sequence": {"type": "string", "pattern": "^-?[0-9]+$"},
        "clock_offset_ms": {"type": "string", "pattern": f"^{_NUMBER}$", "default": "0"},
        "location": {"type": "string", "pattern": f"^{_NUMBER},{_NUMBER}$", "description": "Latitude,longitude."},
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:platewatch:frame-headers:{SCHEMA_VERSION}",
        "$comment": "Generated with the record schemas. The message's key is the camera, its value the JPEG.",
        "title": "Frame headers",
        "description": inspect.getdoc(Frame),
        "type": "object",
        "properties": {name: _with_words(schema, words.get(name)) for name, schema in properties.items()},
        "required": ["captured_at", "received_at", "sequence"],
    }


def describe(definitions: dict[str, Any], *modules: ModuleType) -> None:
    """Put the docstrings of classes and of their fields where a schema has its descriptions.

    Args:
        definitions: schemas by the names of their classes; changed in place.
        modules: where the classes are declared.
    """
    words = {name: fields for module in modules for name, fields in _field_words(module).items()}
    for name, definition in definitions.items():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
        properties = definition.get("properties", {})
        for field, schema in properties.items():
            properties[field] = _with_words(schema, words.get(name, {}).get(field))


def _with_words(schema: dict[str, Any], words: str | None) -> dict[str, Any]:
    return {**schema, "description": words} if words else schema


@cache
def _field_words(module: ModuleType) -> dict[str, dict[str, str]]:
    """For each class of a module, the text that stands below a field; Python itself does not keep it."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: _words_below(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _words_below(declared: ast.ClassDef) -> dict[str, str]:
    found = {}
    for field, below in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                found[field.target.id] = inspect.cleandoc(text)
    return found
