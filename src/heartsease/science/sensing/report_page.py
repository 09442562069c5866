"""The report as one page: self-contained, a sentence, a picture and a table for each feature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ..course.domains import Way
from ..course.notice import Noticed, TooThin
from ..course.past import Past
from ..course.sentence import tell, value_words
from .catalogue import FEATURES

if TYPE_CHECKING:
    from .report import Analysis, Found, Told

WIDTH, HEIGHT = 720, 150
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
figure{margin:0 0 12px}.scale{color:var(--quiet);font-size:.83rem;margin:0;display:flex;
justify-content:space-between;gap:12px}h3{font-size:1rem;margin:20px 0 4px}li{margin:0 0 8px}
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
        "usual, the band. Days without data are hatched and never filled in. An upright line marks "
        "the first day of a change in which it moved. This is no diagnosis.</p>",
        _changes(analysis),
        *(_feature(one, _marks(one.feature, analysis)) for one in analysis.found),
        _quality(analysis),
        "</body></html>",
    ]
    return "\n".join(parts)


def _day(day: object) -> str:
    return f"{day:%d %B %Y}".lstrip("0")


def _changes(analysis: Analysis) -> str:
    """What is said of the last weeks, and what would have been told before."""
    if not analysis.told:
        return ""
    now = "".join(_now(analysis))
    past = sorted(
        (
            (change, one)
            for one in analysis.told
            for change in one.past
            if change.until is not None or not one.is_on
        ),
        key=lambda pair: pair[0].found.since,
    )
    rows = "".join(
        f"<li>{escape(told(change.found, one.way))} "
        f"<span class=quiet>{_span(change, one)}</span></li>"
        for change, one in past
    )
    history = f"<h3>What would have been told before</h3><ul>{rows}</ul>"
    return (
        f"<section><h2>What has changed</h2>{now}{history if rows else ''}<p class=quiet>Looked at "
        "day by day, by the same rules as in use, with about one false alarm in ten months for "
        "everything together. The last day of a file is rarely whole and is not looked at.</p>"
        "</section>"
    )


def _now(analysis: Analysis) -> Iterator[str]:
    """Each change that is on; together what was not noticed, and what is not known."""
    quiet, unknown = [], defaultdict(list)
    for one in analysis.told:
        if isinstance(one.now, Noticed):
            yield f"<p class=changed>{escape(one.sentence)}</p>"
        elif isinstance(one.now, TooThin):
            unknown[one.now.reason].append(one.way.words)
        else:
            quiet.append(one.way.words)
    if quiet:
        yield f"<p>Looked for in the last weeks and not noticed: {escape(', '.join(quiet))}.</p>"
    for reason, words in unknown.items():
        yield f"<p>Not known: {escape(', '.join(words))}. {escape(reason)}</p>"


def _span(change: Past, one: Told) -> str:
    """Which first days fit as well, when it was noticed, until when it was on; a new device."""
    found = change.found
    first = (
        f"It may have begun from {_day(found.earliest)} to {_day(found.latest)}. "
        if found.earliest != found.latest
        else ""
    )
    end = f"until {_day(change.until)}" if change.until else "still on"
    begun = one.device_at(found)
    device = (
        f" Another device took over on {_day(begun)}, which may be all there is to it."
        if begun
        else ""
    )
    return f"{first}Noticed on {_day(found.noticed)}, {end}.{device}"


def told(found: Noticed, way: Way) -> str:
    """A change in a sentence."""
    return tell(found, way.words, lambda name: (FEATURES[name].label, FEATURES[name].unit))


def _marks(feature: str, analysis: Analysis) -> list[date]:
    """The first days of changes in which a feature moved."""
    return [
        change.found.since
        for one in analysis.told
        for change in one.past
        if feature in {moved.feature for moved in change.found.moved}
    ]


def _feature(one: Found, marks: list[date]) -> str:
    feature = FEATURES[one.feature]
    last = one.series.values[-14:]
    there = int(np.isfinite(last).sum())
    share = (
        f"{there} of the last {len(last)} days have data."
        if len(last) > 1
        else "Only one day has data."
    )
    usual = (
        f"Usually from {value_words(one.usual[0], feature.unit)} to "
        f"{value_words(one.usual[1], feature.unit)}."
        if one.usual
        else "Not enough days yet to say what is usual."
    )
    return (
        f"<section><h2>{escape(feature.label)}</h2><p>{escape(usual)} {share}</p>"
        f"{_picture(one, marks)}<p class=quiet>{escape(feature.definition)}</p>{_table(one)}"
        "</section>"
    )


def _picture(one: Found, marks: list[date]) -> str:
    """The last year: a band for the usual, a line where days follow, hatches where none are.

    Words and numbers stand around the picture, not in it, so that they stay readable on a phone.
    """
    feature = FEATURES[one.feature]
    values, days = one.series.values[-SHOWN_DAYS:], one.series.days[-SHOWN_DAYS:]
    seen = values[np.isfinite(values)]
    if not len(seen):
        return ""
    lowest, highest = (value_words(float(end), feature.unit) for end in (seen.min(), seen.max()))
    name = one.feature
    drawn = [
        f"<figure><p class=scale>highest {escape(highest)}</p>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(feature.label)}</title>',
        f'<desc id="{name}-d">Lowest {escape(lowest)}, highest {escape(highest)}.</desc>',
        f'<defs><pattern id="{name}-h" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch" y2="7"/></pattern></defs>',
        *_drawn(one, values, days, marks),
        f"</svg><figcaption class=scale><span>{_day(days[0].astype(object))}</span>"
        f"<span>lowest {escape(lowest)}</span>"
        f"<span>{_day(days[-1].astype(object))}</span></figcaption></figure>",
    ]
    return "".join(drawn)


def _drawn(one: Found, values: np.ndarray, days: np.ndarray, marks: list[date]) -> list[str]:
    """The band, the course, and a line at the first day of each change."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if one.usual:
        low, high = min(low, one.usual[0]), max(high, one.usual[1])
    room = (high - low) * 0.04 or 1.0
    low, high = low - room, high + room
    step = WIDTH / max(len(values) - 1, 1)

    def across(place: float) -> float:
        return round(place * step, 1)

    def up(value: float) -> float:
        return round((high - value) / (high - low) * HEIGHT, 1)

    drawn = []
    if one.usual:
        top, bottom = up(one.usual[1]), up(one.usual[0])
        height = round(bottom - top, 1)
        drawn.append(f'<rect class="usual" x="0" y="{top}" width="{WIDTH}" height="{height}"/>')
    drawn += _course(one.feature, values, across, up)
    for since in marks:
        place = int((np.datetime64(since) - days[0]).astype(int))
        if place >= 0:
            x = across(place)
            drawn.append(f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="{HEIGHT}"/>')
    return drawn


def _course(
    name: str, values: np.ndarray, across: Callable[[float], float], up: Callable[[float], float]
) -> list[str]:
    """A line where days follow one another, a dot for a lone day, hatches where none are."""
    drawn: list[str] = []
    for there, first, last in _runs(values):
        if not there:
            start, end = across(max(first - 0.5, 0)), across(min(last + 0.5, len(values) - 1))
            drawn.append(
                f'<rect x="{start}" y="0" width="{max(round(end - start, 1), 1)}" '
                f'height="{HEIGHT}" fill="url(#{name}-h)"/>'
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
    unit = FEATURES[one.feature].unit
    rows = "".join(
        f"<tr><td>{_day(day.astype(object))}</td><td>"
        f"{'no data' if np.isnan(value) else escape(value_words(float(value), unit))}</td></tr>"
        for day, value in zip(one.series.days[-28:], one.series.values[-28:], strict=True)
    )
    return (
        "<details><summary>The last four weeks as a table</summary><div class=scroll><table>"
        f"<tr><th>Day</th><th>{escape(FEATURES[one.feature].label)}</th></tr>{rows}</table></div>"
        "</details>"
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
