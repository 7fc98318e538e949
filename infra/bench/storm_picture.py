"""How long each endpoint waited for what it was told, over the time of a storm, drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping

from infra.bench.alert_endpoints import Manner
from infra.bench.alert_storm_report import Revision, StormSeen

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 960, 460, 70, 24, 190, 50
_LEAST_MS, _MOST_MS = 10.0, 1e6
_COLOURS = {
    Manner.HEALTHY: "#0b8a5b",
    Manner.FAILS_A_THIRD: "#b3261e",
    Manner.HANGS: "#8a5cd1",
    Manner.CUTS_OFF: "#2f6fdb",
    Manner.REFUSES_FIRST: "#c77700",
}


def draw_storm(seen: StormSeen) -> str:
    """The picture: for each endpoint the longest delay of what was told in each second, on a logarithmic axis."""
    begins_s = min(seen.told.values(), default=seen.ended_s)
    lasts_s = max(1.0, max(seen.told.values(), default=seen.ended_s) - begins_s)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for away in seen.away:
        left, right = (_x(at_s - begins_s, lasts_s) for at_s in (away.begins_s, away.ends_s))
        parts.append(
            f'<rect x="{left:.1f}" y="{_TOP}" width="{max(1.0, right - left):.1f}" '
            f'height="{_HEIGHT - _TOP - _BOTTOM}" fill="#e6e1d8"/>'
        )
    parts += _axes(lasts_s)
    # The healthy one comes first in the legend, and is drawn last: nothing may hide it.
    for place, (manner, receipts) in reversed(list(enumerate(seen.received.items()))):
        first: dict[Revision, float] = {}
        for one in receipts:
            first.setdefault((one.alert, one.revision), one.received_at_s)
        points = " ".join(
            f"{_x(second, lasts_s):.1f},{_y(delay_ms):.1f}"
            for second, delay_ms in sorted(longest_by_second(seen.told, first, begins_s).items())
        )
        colour, y = _COLOURS[manner], _TOP + 16 + 22 * place
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 16}" y="{y - 9}" width="18" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 42}" y="{y - 3}" fill="#222">{manner}</text>')
    return "\n".join([*parts, "</svg>", ""])


def longest_by_second(
    told: Mapping[Revision, float], received: Mapping[Revision, float], begins_s: float
) -> dict[int, float]:
    """The longest delay, in milliseconds, of what was told in each second since the beginning. Pure."""
    longest: dict[int, float] = {}
    for revision, at_s in told.items():
        if revision in received:
            second = int(at_s - begins_s)
            longest[second] = max(longest.get(second, 0.0), 1000 * (received[revision] - at_s))
    return longest


def _axes(lasts_s: float) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    parts = [
        f'<text x="{_LEFT}" y="{_HEIGHT - 12}" fill="#222">seconds since the first alert; grey: alerting, delivery or '
        "Kafka killed and not back at work</text>"
    ]
    for power in range(round(math.log10(_LEAST_MS)), round(math.log10(_MOST_MS)) + 1):
        y = _y(10.0**power)
        label = f"{10**power} ms" if power < 3 else f"{10 ** (power - 3)} s"  # noqa: PLR2004 - a thousand
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#222">{label}</text>')
    step = max(1, round(lasts_s / 8 / 10)) * 10
    for second in range(0, int(lasts_s) + 1, step):
        x = _x(second, lasts_s)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#222">{second}</text>')
    return parts


def _x(second: float, lasts_s: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * second / lasts_s


def _y(delay_ms: float) -> float:
    share = math.log10(min(max(delay_ms, _LEAST_MS), _MOST_MS) / _LEAST_MS) / math.log10(_MOST_MS / _LEAST_MS)
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share
