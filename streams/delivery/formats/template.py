"""A subscriber's own template (Jinja2), over the public shape of an alert and nothing else. Pure.

A template sees the fields of `PublicAlert` by their names, and `source` and `agency`. It must show `notice` and
`purpose_notice`, word by word: no format leaves out that an alert is unverified, or not meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import public_alert
from streams.delivery.formats.specimen import specimens
from streams.delivery.formats.template_filters import FILTERS, TESTS
from streams.delivery.formats.template_rules import (
    LONGEST_SOURCE,
    MOST_WORK,
    TemplateRefusedError,
    check_tree,
    work_of,
)
from streams.delivery.message import Payload
from streams.faults import UnhandledError
from streams.records import Alert

__all__ = ["TemplateFailedError", "TemplateRefusedError", "as_template", "check_template"]

LONGEST_OUTPUT = 256 * 1024
"""Characters: most receivers take no more in one request."""

_COUNTED = "counted"
_BUDGET = "_budget"
"""No template can name it: it begins with an underscore."""

_LOOP = frozenset({"index", "index0", "first", "last", "length"})


class TemplateFailedError(UnhandledError):
    """The template made no message of this alert. The message names the fault and no data."""


class _WorkDoneError(Exception):
    """The template has asked for more than its share."""


class _Budget:
    """What is left of a template's share; of one rendering."""

    def __init__(self, work: int) -> None:
        self._left = work

    def take(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise _WorkDoneError


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, narrowed to plain data: values are reached as keys of dictionaries and places of lists only."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)


@pass_context
def _counted(context: Context, items: Iterable[Any], work: int) -> Iterator[Any]:
    budget: _Budget = context[_BUDGET]
    if isinstance(items, Undefined):
        iter(items)  # Says what is undefined.
    for item in items:
        budget.take(work)
        yield item


def _build_environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        optimized=False,
        finalize=lambda value: "" if value is None else value,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(FILTERS)
    environment.filters[_COUNTED] = _counted
    kept = {name: environment.tests[name] for name in TESTS}
    environment.tests.clear()
    environment.tests.update(kept)
    return environment


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    """The template, checked, with each of its loops counted.

    Raises:
        TemplateRefusedError: it is too long, no Jinja2, or made of what is not allowed.
    """
    if len(text) > LONGEST_SOURCE:
        msg = f"the template has {len(text)} characters; {LONGEST_SOURCE} are the most"
        raise TemplateRefusedError(msg)
    environment = _build_environment()
    try:
        tree = environment.parse(text)
        check_tree(tree)
        for loop in tree.find_all(nodes.For):
            work = nodes.Const(work_of(loop))
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [work], [], None, None, lineno=loop.lineno)
        return environment.from_string(tree)
    except TemplateSyntaxError as error:
        msg = f"line {error.lineno} of the template: {error.message}"
        raise TemplateRefusedError(msg) from None
    except TemplateRefusedError:
        raise
    except (RecursionError, ValueError, OverflowError):
        msg = "the template cannot be read: it is nested too deep, or a number in it is too long"
        raise TemplateRefusedError(msg) from None


def check_template(text: str, content_type: str = "application/json") -> None:
    """Refuse a template before it is anybody's: it is tried on made-up alerts, with quotes and angle brackets in them.

    Raises:
        TemplateRefusedError: it is not one that we run, leaves out a notice, or makes no valid JSON where it should.
    """
    _compiled(text)
    for alert, context in specimens():
        try:
            as_template(text, content_type, alert, context)
        except TemplateFailedError as error:
            msg = f"tried on a made-up alert, {error}"
            raise TemplateRefusedError(msg) from None


def as_template(text: str, content_type: str, alert: Alert, context: FormatContext) -> Payload:
    """The alert's newest revision, as the template puts it.

    Raises:
        TemplateFailedError: it cannot be put so.
    """
    public = msgspec.to_builtins(public_alert(alert, context))
    names = {**public, "source": context.source, "agency": context.agency}
    try:
        body = _rendered(_compiled(text), names)
    except TemplateRefusedError as error:
        raise TemplateFailedError(str(error)) from None
    for name in ("notice", "purpose_notice"):
        if names[name] not in body:
            msg = f"the template does not show {name} word by word; put {{{{ {name} }}}} where its reader sees it"
            raise TemplateFailedError(msg)
    data = body.encode("utf-8", "replace")
    if content_type.partition(";")[0].strip().endswith("json"):
        _check_json(data)
    return Payload(content_type, data)


def _rendered(template: Template, names: dict[str, Any]) -> str:
    written, length = [], 0
    try:
        for piece in template.generate({**names, _BUDGET: _Budget(MOST_WORK)}):
            written.append(piece)
            length += len(piece)
            if length > LONGEST_OUTPUT:
                msg = f"the template writes more than {LONGEST_OUTPUT} characters"
                raise TemplateFailedError(msg)
    except _WorkDoneError:
        msg = f"the template asks for more than {MOST_WORK} pieces of work; its loops are too many or too long"
        raise TemplateFailedError(msg) from None
    except TemplateError as error:
        # Of names alone: strict undefined, and what the sandbox forbids.
        msg = f"the template fails: {error.message}"
        raise TemplateFailedError(msg) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Not its text, which may hold a plate.
        msg = f"the template fails with {type(error).__name__}: a filter or a comparison does not fit its value"
        raise TemplateFailedError(msg) from None
    return "".join(written)


def _check_json(data: bytes) -> None:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError:
        msg = "the template makes no valid JSON; put |tojson behind each value, without quotes around it"
        raise TemplateFailedError(msg) from None
