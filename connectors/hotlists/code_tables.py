"""Code tables that templates share by name: states, colours, makes, message keys. They ship as YAML files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import yaml

from connectors.hotlists.errors import HotlistTemplateError

_FOLDER = Path(__file__).with_name("code_tables")


def table_names() -> list[str]:
    """The tables that ship, by name."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def resolve_codes(codes: Sequence[str | dict[str, str]]) -> dict[str, str]:
    """One table of all, its keys in upper case; of a key that stands in several, the last one counts.

    Raises:
        HotlistTemplateError: no table of that name ships.
    """
    resolved: dict[str, str] = {}
    for one in codes:
        table = _shipped(one) if isinstance(one, str) else one
        resolved |= {key.strip().upper(): value for key, value in table.items()}
    return resolved


@lru_cache
def _shipped(name: str) -> Mapping[str, str]:
    if name not in table_names():
        msg = f"no code table {name!r} ships with Platewatch; known are {', '.join(table_names())}, or write the codes"
        raise HotlistTemplateError(msg)
    content = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return MappingProxyType({str(key): str(value) for key, value in content.items()})
