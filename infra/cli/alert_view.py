"""Alerts as people see them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.alerts.alignment import align
from streams.alerts.comparison import other_plates
from streams.delivery.formats.wording import (
    PURPOSE_NOTICES,
    category_words,
    doubtful_characters,
    facts,
    notice,
    percent,
    remarks,
    seen_again,
    step_words,
)
from streams.records import Alert, AlertPurpose, Comparison

_DIFFERS = "bold red"
_WARNING = "bold yellow"


def alert_table(alerts: Iterable[Alert]) -> Table:
    """Two lines for each alert: where it stands, both plates, where and when, who has it.

    Two, so that a terminal of 80 columns holds it; ids are whole, for commands need them.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column("alert", no_wrap=True, overflow="ignore")
    for name in ("state\npriority", "wanted\nread", "category\ncameras", "raised\ntaken by"):
        table.add_column(name, overflow="fold")
    for alert in alerts:
        entry, detection = alert.hit.match.entry, alert.hit.match.detection
        state = str(alert.outcome or alert.state)
        again = ", seen again" if seen_again(alert) else ""
        purpose = "" if alert.purpose is AlertPurpose.ACTUAL else f" ({alert.purpose})"
        cameras = dict.fromkeys([detection.camera, *(sighting.camera for sighting in alert.hit.sightings)])
        table.add_row(
            Text(alert.id),
            Text(f"{state}{again}{purpose}\n{alert.priority}"),
            Text(f"{entry.plate}\n{detection.plate} {percent(alert.hit.probability)}"),
            Text(f"{entry.category}\n{', '.join(cameras)}"),
            Text(f"{alert.raised_at.astimezone(UTC):%m-%d %H:%M}\n{alert.taken_by or 'nobody'}"),
        )
    return table


def alert_page(alert: Alert) -> Group:
    """All of an alert: what must be said first, both plates, the evidence, its sightings, its history."""
    return Group(*_page(alert))


def warnings(alert: Alert) -> list[str]:
    """What must be said of the alert wherever it is shown."""
    return [words for words in (PURPOSE_NOTICES[alert.purpose], notice(alert)) if words]


def _page(alert: Alert) -> Iterator[RenderableType]:
    entry = alert.hit.match.entry
    taken = f", taken by {alert.taken_by}" if alert.taken_by else ", taken by nobody"
    outcome = f" ({alert.outcome})" if alert.outcome else ""
    yield Text(f"alert {alert.id}: {alert.state}{outcome}, revision {alert.revision}{taken}")
    if again := seen_again(alert):
        yield Text(again, style=_WARNING)
    yield Text(f"{category_words(entry.category)}, priority {alert.priority}")
    yield from (Text(words, style=_WARNING) for words in (*warnings(alert), *remarks(alert)))
    yield Text("")
    yield _plates(entry.plate, alert.hit.match.detection.plate)
    yield from (Text(f"  {words}") for words in doubtful_characters(alert))
    yield Text("")
    yield from (Text(f"  {label.lower()}: {value}") for label, value in facts(alert))
    yield from _evidence(alert)
    yield from _sightings(alert)
    yield Text("history:")
    for step in alert.steps:
        yield Text(f"  {_shown(step.at)} {step_words(step)}")
        if step.comparison is not None:
            yield Text(f"    {_compared(step.comparison)}")


def _plates(wanted: str, read: str) -> Text:
    """Both plates, one under the other; where they differ is marked in colour, and by `^` where there is none."""
    places = align(wanted, read)
    text = Text("  wanted  ")
    for place in places:
        text.append(place.wanted or " ", _DIFFERS if place.differs else "bold").append(" ")
    text.append("\n  read    ")
    for place in places:
        text.append(place.read or " ", _DIFFERS if place.differs else "bold").append(" ")
    if any(place.differs for place in places):
        text.append("\n          ")
        for place in places:
            text.append("^ " if place.differs else "  ", _DIFFERS)
        text.append(" differs", _DIFFERS)
    return text


def _evidence(alert: Alert) -> Iterator[Text]:
    evidence = alert.hit.match.evidence
    if evidence is None:
        return
    ratios = {"state": evidence.state_ratio, "make": evidence.make_ratio, "color": evidence.color_ratio}
    spoken = [f"{name} {ratio:.3g} times as likely" for name, ratio in ratios.items() if ratio != 1]
    yield Text(f"  evidence: {', '.join([f'characters {percent(evidence.text)}', *spoken])}")
    if evidence.alternatives:
        others = sorted(evidence.alternatives.items(), key=lambda pair: -pair[1])
        yield Text(f"  or perhaps: {', '.join(f'{plate} {percent(p)}' for plate, p in others)}")


def _sightings(alert: Alert) -> Iterator[Text]:
    if not alert.hit.sightings:
        return
    unlike = other_plates(alert)
    yield Text("sightings:")
    for sighting in alert.hit.sightings:
        way = "" if sighting.distance_km is None else f", {sighting.distance_km:g} km from the one before"
        line = Text(
            f"  {_shown(sighting.captured_at)} {sighting.plate} at {sighting.camera}, "
            f"{percent(sighting.probability)} by itself{way}"
        )
        if sighting in unlike:
            line.append("; not the plate that was verified", _WARNING)
        yield line


def _compared(comparison: Comparison) -> str:
    state, vehicle = (
        "agrees" if agrees else "differs" for agrees in (comparison.state_agrees, comparison.vehicle_agrees)
    )
    return f"plate read by a person: {comparison.plate_read}; state {state}, vehicle {vehicle}"


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
