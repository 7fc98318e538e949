"""What a subscriber's template may be made of. Pure.

A template runs in the worker that everybody's alerts pass through, so it must end, soon, and stay small, whatever it
says. Nothing it is made of can grow a value: no sums, no calls, no macros, no variables, no lists but of constants.
What is left is to write values and to go through the alert's own lists; how much of that a template asks for is
counted, beforehand for what stands outside of loops, and while they run for the loops.
"""

from __future__ import annotations

from jinja2 import nodes

from streams.delivery.formats.template_filters import FILTERS, TESTS

LONGEST_SOURCE = 16 * 1024
"""Characters; a whole adaptive card, written out, has some 3,000."""

MOST_WORK = 20_000
"""Nodes that are evaluated, of which a filter counts as 20: about 10 ms. An alert of 20 sightings, each with a dozen
values, takes 1,000."""

DEEPEST = 40
"""Nodes within each other; Python's own compiler gives up at 100 blocks and at 20 loops."""

_DEEPEST_LOOP = 4

_FILTER_WORK = 20


class TemplateRefusedError(ValueError):
    """The template is not one that we run; the message says in one sentence what to change."""


_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.List,
    nodes.Tuple,
    nodes.If,
    nodes.CondExpr,
    nodes.For,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Test,
)

_REFUSALS: dict[type[nodes.Node], str] = {
    nodes.Call: "calls, such as range(…) or text.format(…), are not allowed; filters are",
    nodes.Macro: "macros are not allowed; write out what they would",
    nodes.CallBlock: "macros are not allowed; write out what they would",
    nodes.FilterBlock: "filter blocks are not allowed; put the filter behind each value",
    nodes.Assign: "variables of your own are not allowed; write the value where it is used",
    nodes.AssignBlock: "variables of your own are not allowed; write the value where it is used",
    nodes.With: "variables of your own are not allowed; write the value where it is used",
    nodes.Concat: "texts cannot be joined with ~; write them one after the other",
    nodes.Dict: "dictionaries are not allowed; write out what they would hold",
}


def check_tree(template: nodes.Template) -> None:
    """Refuse a template that is made of anything else than what is allowed, or that asks for too much outside of loops.

    Raises:
        TemplateRefusedError: it is.
    """
    _check(template, depth=0, loops=0)
    if work_of(template) > MOST_WORK:
        msg = f"the template asks for too much: {work_of(template)} pieces of work, where {MOST_WORK} are the most"
        raise TemplateRefusedError(msg)


def work_of(node: nodes.Node) -> int:
    """What evaluating a node once costs at most, loops within it once."""
    own = _FILTER_WORK if isinstance(node, nodes.Filter) else 1
    return own + sum(work_of(child) for child in node.iter_child_nodes())


def _check(node: nodes.Node, depth: int, loops: int) -> None:
    if depth > DEEPEST:
        _refuse(node, f"it is nested more than {DEEPEST} deep; write it flatter")
    if not isinstance(node, _ALLOWED):
        _refuse(node, _reason(node))
    if isinstance(node, nodes.For):
        loops += 1
        _check_loop(node, loops)
    _check_names(node)
    for child in node.iter_child_nodes():
        _check(child, depth + 1, loops)


def _reason(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr | nodes.UnaryExpr):
        return "arithmetic is not allowed; the filters round and percent are"
    return _REFUSALS.get(type(node), f"{type(node).__name__.lower()} is not allowed in a template")


def _check_loop(node: nodes.For, loops: int) -> None:
    if loops > _DEEPEST_LOOP:
        _refuse(node, f"loops are nested more than {_DEEPEST_LOOP} deep")
    if node.recursive:
        _refuse(node, "recursive loops are not allowed")


def _check_names(node: nodes.Node) -> None:
    """Names that lead out of the data, and lists that could hold themselves ever more often."""
    name = _name_in(node)
    if isinstance(name, str) and name.startswith("_"):
        _refuse(node, f"{name} begins with an underscore; such names are not allowed")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        _refuse(node, f"there is no filter {node.name}; there are {', '.join(sorted(FILTERS))}")
    if isinstance(node, nodes.Filter) and (node.kwargs or node.dyn_args or node.dyn_kwargs):
        _refuse(node, f"the filter {node.name} takes its arguments without names")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        _refuse(node, f"there is no test {node.name}; there are {', '.join(sorted(TESTS))}")
    if _is_list(node) and not all(isinstance(item, nodes.Const) for item in node.iter_child_nodes()):
        _refuse(node, "lists may hold constants only")


def _is_list(node: nodes.Node) -> bool:
    """Whether the node makes a list; a loop's targets are written like one."""
    return isinstance(node, nodes.List) or (isinstance(node, nodes.Tuple) and node.ctx == "load")


def _name_in(node: nodes.Node) -> object:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.arg.value
    return None


def _refuse(node: nodes.Node, reason: str) -> None:
    msg = f"line {node.lineno} of the template: {reason}"
    raise TemplateRefusedError(msg)
