"""The report as one page: self-contained, a sentence, a picture and a table for each feature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from .catalogue import FEATURES

if TYPE_CHECKING:
    from .report import Analysis, Found

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 170, 8, 16, 24
SHOWN_DAYS = 365
STYLE = """
:root{color-scheme:light dark;--paper:light-dark(#fbf9f4,#1b1722);--ink:light-dark(#2a2433,#efeae0);
--quiet:light-dark(#5d5668,#bdb4c8);--violet:light-dark(#5b3a9a,#c3aef5);
--soft:light-dark(#efe9f8,#352b4a);--line:light-dark(#ddd6e4,#4a4258);
--look:light-dark(#7a5200,#f0c878)}
body{background:var(--paper);color:var(--ink);max-width:46rem;margin:0 auto;padding:24px 16px 64px;
font:18px/1.55 "Atkinson Hyperlegible Next",system-ui,sans-serif}
h1{font-size:1.8rem;line-height:1.2;margin:0 0 8px}h2{font-size:1.25rem;margin:40px 0 4px}
p{margin:0 0 12px;max-width:36rem}.quiet{color:var(--quiet);font-size:.89rem}
svg{width:100%;height:auto;display:block}.usual{fill:var(--soft)}
.course{fill:none;stroke:var(--violet);stroke-width:2}.dot{fill:var(--violet)}
.hatch{stroke:var(--line);stroke-width:2}.mark{stroke:var(--look);stroke-width:2}
text{fill:var(--quiet);font-size:14px}.marktext{fill:var(--look)}
summary{cursor:pointer;padding:10px 0;color:var(--violet)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--line)}
.changed{border-left:4px solid var(--look);padding-left:12px}
.scroll{overflow-x:auto;max-height:24rem}
"""


def page(analysis: Analysis) -> str:
    """The whole page."""
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f"<title>Report on {escape(analysis.file)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Your days from {_day(analysis.first)} to {_day(analysis.last)}</h1>",
        f"<p>Read from {escape(analysis.file)}. Each picture shows your own days against your own "
        "usual. Days without data are hatched and never filled in. This is no diagnosis.</p>",
        *(_feature(one) for one in analysis.found),
        _quality(analysis),
        "</body></html>",
    ]
    return "\n".join(parts)


def _day(day: object) -> str:
    return f"{day:%d %B %Y}".lstrip("0")


def _feature(one: Found) -> str:
    feature = FEATURES[one.feature]
    last = one.series.values[-14:]
    share = f"{int(np.isfinite(last).sum())} of the last {len(last)} days have data."
    noticed = "".join(
        f"<li>Since {_day(change.since)}: from about {_number(change.before)} to "
        f"{_number(change.after)} {escape(feature.unit)} "
        f"({change.days_with_data} of {change.days_in_window} days with data)</li>"
        for change in one.changes
    )
    history = (
        f"<p>Changes noticed, looking back week by week:</p><ul>{noticed}</ul>" if noticed else ""
    )
    changed = ' class="changed"' if type(one.now).__name__ == "Change" else ""
    return (
        f"<section><h2>{escape(feature.label)}</h2><p{changed}>{escape(one.sentence)}</p>"
        f"{_picture(one)}<p class=quiet>{share} {escape(feature.definition)}</p>{history}"
        f"{_table(one)}</section>"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"


def _picture(one: Found) -> str:
    """The last year: a band for the usual, a line where days follow, hatches where none are."""
    feature = FEATURES[one.feature]
    values, days = one.series.values[-SHOWN_DAYS:], one.series.days[-SHOWN_DAYS:]
    seen = values[np.isfinite(values)]
    if not len(seen):
        return ""
    low, high = float(seen.min()), float(seen.max())
    if one.usual:
        low, high = min(low, one.usual[0]), max(high, one.usual[1])
    room = (high - low) * 0.08 or 1.0
    low, high = low - room, high + room
    step = (WIDTH - 2 * LEFT) / max(len(values) - 1, 1)

    def across(place: float) -> float:
        return round(LEFT + place * step, 1)

    def up(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    name = one.feature
    drawn = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(feature.label)}</title>',
        f'<desc id="{name}-d">{escape(one.sentence)} Lowest {_number(float(seen.min()))}, highest '
        f"{_number(float(seen.max()))} {escape(feature.unit)}.</desc>",
        f'<defs><pattern id="{name}-h" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch" y2="7"/></pattern></defs>',
    ]
    if one.usual:
        top, bottom = up(one.usual[1]), up(one.usual[0])
        drawn.append(
            f'<rect class="usual" x="{LEFT}" y="{top}" width="{WIDTH - 2 * LEFT}" '
            f'height="{round(bottom - top, 1)}"/>'
            f'<text x="{LEFT + 4}" y="{top + 15}">your usual</text>'
        )
    drawn += _course(name, values, across, up)
    for change in one.changes:
        place = int((np.datetime64(change.since) - days[0]).astype(int))
        if place >= 0:
            x = across(place)
            drawn.append(
                f'<line class="mark" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                f'<text class="marktext" x="{min(x + 4, WIDTH - 70)}" y="12">changed</text>'
            )
    drawn.append(
        f'<text x="{LEFT}" y="{HEIGHT - 6}">{_day(days[0].astype(object))}</text>'
        f'<text x="{WIDTH - LEFT}" y="{HEIGHT - 6}" text-anchor="end">'
        f"{_day(days[-1].astype(object))}</text></svg>"
    )
    return "".join(drawn)


def _course(
    name: str, values: np.ndarray, across: Callable[[float], float], up: Callable[[float], float]
) -> list[str]:
    """A line where days follow one another, a dot for a lone day, hatches where none are."""
    drawn: list[str] = []
    for there, first, last in _runs(values):
        if not there:
            start, end = across(max(first - 0.5, 0)), across(min(last + 0.5, len(values) - 1))
            drawn.append(
                f'<rect x="{start}" y="{TOP}" width="{max(round(end - start, 1), 1)}" '
                f'height="{HEIGHT - TOP - BOTTOM}" fill="url(#{name}-h)"/>'
            )
        elif first == last:
            drawn.append(
                f'<circle class="dot" cx="{across(first)}" cy="{up(values[first])}" r="2.5"/>'
            )
        else:
            points = "L".join(
                f"{across(place)} {up(values[place])}" for place in range(first, last + 1)
            )
            drawn.append(f'<path class="course" d="M{points}"/>')
    return drawn


def _runs(values: np.ndarray) -> Iterator[tuple[bool, int, int]]:
    """Stretches with data or without: kind, first place, last place."""
    there = np.isfinite(values)
    for kind, group in groupby(range(len(values)), key=lambda place: bool(there[place])):
        places = list(group)
        yield kind, places[0], places[-1]


def _table(one: Found) -> str:
    """The last four weeks as a table."""
    rows = "".join(
        f"<tr><td>{_day(day.astype(object))}</td><td>"
        f"{'no data' if np.isnan(value) else _number(float(value))}</td></tr>"
        for day, value in zip(one.series.days[-28:], one.series.values[-28:], strict=True)
    )
    unit = escape(FEATURES[one.feature].unit)
    return (
        "<details><summary>The last four weeks as a table</summary><div class=scroll><table>"
        f"<tr><th>Day</th><th>{unit}</th></tr>{rows}</table></div></details>"
    )


def _quality(analysis: Analysis) -> str:
    """What was read, and what was set aside and why."""
    read = "".join(
        f"<tr><td>{escape(stream)}</td><td>{count:,}</td></tr>"
        for stream, count in sorted(analysis.samples.items())
    )
    aside = "".join(
        f"<tr><td>{one.count:,}</td><td>{escape(one.reason)}</td><td>{escape(one.file)}"
        f"{f', line {one.line}' if one.line else ''}</td></tr>"
        for one in analysis.quarantined
    )
    table = (
        "<div class=scroll><table><tr><th>Rows</th><th>Why</th><th>First at</th></tr>"
        f"{aside}</table></div>"
        if aside
        else "<p>Nothing was set aside.</p>"
    )
    return (
        "<section><h2>What was read</h2><div class=scroll><table><tr><th>Stream</th>"
        f"<th>Samples</th></tr>{read}</table></div><h2>What was set aside</h2>{table}</section>"
    )
