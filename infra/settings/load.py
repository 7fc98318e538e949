"""Reading the settings, and one clear sentence where that fails."""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentSettingsError

from infra.settings.model import ENVIRONMENT_PREFIX, Settings

DEFAULT_FILE = Path("platewatch.yaml")
LOCAL_STACK_FILE = Path(".platewatch/stack/settings.yaml")
"""Written by `platewatch stack up`; read where nothing else is given, so that the commands find the local stack."""

OTHER_VARIABLES = frozenset(
    {"PLATEWATCH_SETTINGS", "PLATEWATCH_CACHE_DIR", "PLATEWATCH_REQUIRE_REAL", "PLATEWATCH_TEST_STACK_DIR"}
)
"""Variables with our prefix that are no settings."""


class SettingsError(Exception):
    """The settings cannot be used. The message is one sentence: where, what, and what to do."""


def settings_files(environment: Mapping[str, str], given: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The files to read, later ones winning: those given, else those of PLATEWATCH_SETTINGS, else the default ones."""
    if given:
        return tuple(given)
    if named := environment.get("PLATEWATCH_SETTINGS"):
        return tuple(Path(part) for part in named.split(os.pathsep) if part)
    return tuple(path for path in (LOCAL_STACK_FILE, DEFAULT_FILE) if path.is_file())


def load_settings(*given: Path) -> Settings:
    """The settings from the files, the environment and the secret files that they name.

    Raises:
        SettingsError: a file is missing or no YAML, a key is unknown, or a value is not allowed.
    """
    files = settings_files(os.environ, given)
    for path in files:
        _check_yaml(path)
    _check_environment(os.environ)

    class FromFiles(Settings):
        model_config = SettingsConfigDict(yaml_file=files)

    try:
        return FromFiles()
    except ValidationError as error:
        raise SettingsError(_sentence(error, files)) from error
    except EnvironmentSettingsError as error:
        msg = f"a {ENVIRONMENT_PREFIX}… variable cannot be read: {error}; give a structured value as JSON"
        raise SettingsError(msg) from error


def _check_yaml(path: Path) -> None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"settings file {path} cannot be read ({error.strerror}); give another one with --settings"
        raise SettingsError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"settings file {path} is not UTF-8 text; save it as such"
        raise SettingsError(msg) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "no valid YAML"
        msg = f"settings file {path}{where}: {problem}; mend the YAML there"
        raise SettingsError(msg) from error
    if content is not None and not isinstance(content, dict):
        msg = f"settings file {path} holds {type(content).__name__}, not areas with keys such as 'kafka: …'"
        raise SettingsError(msg)


def _check_environment(environment: Mapping[str, str]) -> None:
    areas = {f"{ENVIRONMENT_PREFIX}{area}".upper() for area in Settings.model_fields}
    for name in environment:
        if not name.startswith(ENVIRONMENT_PREFIX) or name in OTHER_VARIABLES:
            continue
        if name.split("__")[0].upper() not in areas:
            known = sorted(areas | OTHER_VARIABLES)
            msg = f"the environment variable {name} is not a setting{_nearest(name.split('__')[0], known)}"
            raise SettingsError(msg)


def _sentence(error: ValidationError, files: Sequence[Path]) -> str:
    # A misspelled key also leaves the right one missing; its spelling is what helps.
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"]) or "settings"
    source = f"settings ({', '.join(map(str, files))})" if files else "settings"
    if first["type"] == "extra_forbidden":
        *parents, _key = first["loc"]
        known = [".".join(map(str, [*parents, name])) for name in _fields_at(Settings, parents)]
        return f"{source}: {place!r} is not a setting{_nearest(place, known)}"
    reason = first["msg"].removeprefix("Value error, ")
    return f"{source}: {place}: {reason[0].lower()}{reason[1:]}"


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}"


def _fields_at(model: type[BaseModel], parents: Sequence[int | str]) -> list[str]:
    for parent in parents:
        if isinstance(parent, int):
            continue
        field = model.model_fields.get(parent)
        inner = _inner_model(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType, tuple, list):
        for part in get_args(annotation):
            if (inner := _inner_model(part)) is not None:
                return inner
    return None
