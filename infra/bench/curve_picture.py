"""Recall against false alerts, drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from infra.bench.recall_curves import Judged

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 860, 520, 70, 24, 260, 60
_LEAST_FALSE, _MOST_FALSE = 1.0, 1e7
_LEAST_RECALL = 0.5
_COLOURS = ("#8a8f98", "#2f6fdb", "#0b8a5b")


def draw_curves(rules: Mapping[str, tuple[float, float]], curves: Mapping[str, Judged]) -> str:
    """The picture: rules as points, curves over all thresholds; false alerts per million reads on a logarithmic axis.

    Args:
        rules: false alerts per million, and recall in [0, 1], by the rule's name.
        curves: by name.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_axes(),
    ]
    legend = _TOP + 16
    for colour, (name, judged) in zip(_COLOURS, curves.items(), strict=False):
        points = " ".join(f"{_x(false):.1f},{_y(recall):.1f}" for false, recall in _curve(judged))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 16}" y="{legend - 9}" width="18" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 42}" y="{legend - 3}" fill="#222">{_escaped(name)}</text>')
        legend += 22
    for number, (name, (false, recall)) in enumerate(rules.items(), start=1):
        x, y = _x(false), _y(recall)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="#b3261e"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="#fff" text-anchor="middle" font-size="11">{number}</text>'
        )
        parts.append(f'<circle cx="{_WIDTH - _RIGHT + 25}" cy="{legend - 6}" r="9" fill="#b3261e"/>')
        parts.append(
            f'<text x="{_WIDTH - _RIGHT + 25}" y="{legend - 2}" fill="#fff" text-anchor="middle" font-size="11">'
            f"{number}</text>"
        )
        parts.append(f'<text x="{_WIDTH - _RIGHT + 42}" y="{legend - 2}" fill="#222">{_escaped(name)}</text>')
        legend += 22
    return "\n".join([*parts, "</svg>", ""])


def _curve(judged: Judged) -> list[tuple[float, float]]:
    thresholds = 1 / (1 + np.exp(-np.linspace(-9, 9, 200)))
    return [(max(false, _LEAST_FALSE), recall) for false, recall in judged.curve(thresholds.tolist())]


def _axes() -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for exponent in range(int(math.log10(_MOST_FALSE)) + 1):
        x = _x(10.0**exponent)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#e3e5e8"/>')
        label = f"{10**exponent:,}" if exponent else "≤ 1"
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" fill="#444" text-anchor="middle" font-size="11">{label}</text>'
        )
    for recall in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995):
        y = _y(recall)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" fill="#444" text-anchor="end" font-size="11">{recall:.1%}</text>'
        )
    middle = (_LEFT + right) / 2
    parts.append(
        f'<text x="{middle}" y="{_HEIGHT - 16}" fill="#222" text-anchor="middle">false alerts per million reads</text>'
    )
    parts.append(
        f'<text transform="translate(18 {(_TOP + bottom) / 2}) rotate(-90)" fill="#222" text-anchor="middle">'
        "wanted vehicles found</text>"
    )
    return parts


def _x(false: float) -> float:
    share = math.log10(min(max(false, _LEAST_FALSE), _MOST_FALSE)) / math.log10(_MOST_FALSE)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(recall: float) -> float:
    """Misses on a logarithmic axis: from half of all to one in a thousand."""
    misses = min(max(1 - recall, 1e-3), 1 - _LEAST_RECALL)
    share = math.log10((1 - _LEAST_RECALL) / misses) / math.log10((1 - _LEAST_RECALL) / 1e-3)
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
