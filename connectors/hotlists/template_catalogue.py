"""Which templates there are: those that ship, those of installed packages, and a file of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import yaml
from pydantic import ValidationError

from connectors.hotlists.conversion import check_codes
from connectors.hotlists.errors import HotlistTemplateError
from connectors.hotlists.template import HotlistTemplate

TEMPLATE_GROUP = "platewatch.hotlists"
"""Entry points of this group are named as their template and give a `HotlistTemplate`, or the path of its YAML file."""

DEFAULT_TEMPLATE = "platewatch-csv"

_SHIPPED = Path(__file__).with_name("templates")
_SUFFIXES = {".yaml", ".yml"}


def installed_plugins() -> Iterable[EntryPoint]:
    """The templates that installed distributions offer."""
    return entry_points(group=TEMPLATE_GROUP)


def all_templates(plugins: Callable[[], Iterable[EntryPoint]] = installed_plugins) -> tuple[HotlistTemplate, ...]:
    """Every template that is known by name, in the order of names.

    Raises:
        HotlistTemplateError: two have one name, or one cannot be loaded.
    """
    found = {path.stem: read_template(path) for path in sorted(_SHIPPED.glob("*.yaml"))}
    makers = dict.fromkeys(found, "platewatch")
    for plugin in plugins():
        maker = _distribution(plugin)
        if plugin.name in found:
            msg = f"{makers[plugin.name]} and {maker} both have a hot-list template {plugin.name!r}; uninstall one"
            raise HotlistTemplateError(msg)
        found[plugin.name], makers[plugin.name] = _load(plugin), maker
    return tuple(found[name] for name in sorted(found))


def find_template(
    name_or_path: str, plugins: Callable[[], Iterable[EntryPoint]] = installed_plugins
) -> HotlistTemplate:
    """The template of that name, or of the YAML file at that path.

    Raises:
        HotlistTemplateError: there is none, or it says what cannot be.
    """
    if Path(name_or_path).suffix.lower() in _SUFFIXES:
        return read_template(Path(name_or_path).expanduser())
    known = all_templates(plugins)
    for template in known:
        if template.name == name_or_path:
            return template
    msg = f"there is no hot-list template {name_or_path!r}; known are {', '.join(t.name for t in known)}, or give the "
    msg += "path of a .yaml file"
    raise HotlistTemplateError(msg)


def read_template(path: Path) -> HotlistTemplate:
    """The template of a YAML file.

    Raises:
        HotlistTemplateError: the file cannot be read or describes no template; the message names the place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"hot-list template {path} cannot be read ({error.strerror}); check the path and its permissions"
        raise HotlistTemplateError(msg) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        msg = f"hot-list template {path} is no valid YAML{where}; mend it there"
        raise HotlistTemplateError(msg) from error
    try:
        template = HotlistTemplate.model_validate(content)
        check_codes(template)
    except ValidationError as error:
        msg = f"hot-list template {path}: {_sentence(error)}"
        raise HotlistTemplateError(msg) from error
    except HotlistTemplateError as error:
        msg = f"hot-list template {path}: {error}"
        raise HotlistTemplateError(msg) from error
    return template


def _sentence(error: ValidationError) -> str:
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place} is not known; docs/hotlists.md tells what a template may say"
    reason = first["msg"].removeprefix("Value error, ")
    return f"{place}: {reason}" if place else reason


def _load(plugin: EntryPoint) -> HotlistTemplate:
    try:
        given = plugin.load()
    except (ImportError, AttributeError) as error:
        msg = f"the hot-list template {plugin.name!r} of {_distribution(plugin)} cannot be loaded ({error}); "
        msg += "install it again"
        raise HotlistTemplateError(msg) from error
    template = read_template(Path(given)) if isinstance(given, str | Path) else given
    if not isinstance(template, HotlistTemplate) or template.name != plugin.name:
        msg = f"the entry point {plugin.name!r} of {_distribution(plugin)} gives no hot-list template of that name; "
        msg += "tell its makers"
        raise HotlistTemplateError(msg)
    check_codes(template)
    return template


def _distribution(plugin: EntryPoint) -> str:
    return plugin.dist.name if plugin.dist is not None else plugin.value
