"""What the header of an actigraph's file says of the rows below it, one function a maker.

Each function takes the lines up to the first epoch and says where in a row the time and the counts
stand, how the time is written, how long an epoch is, and what the clock shows. Layouts were taken
from one or more sample files of each maker; other versions of their software may differ (check).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from ..reading import TornFile
from .rows import number, sane_offset

Lines = Iterator[tuple[int, str]]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
QUARTER_MINUTE_S = 15
EPOCHS_S = range(1, 3601)
YEARS = range(1900, 2200)
# Orders in which a date is written; which one is told by the first and last day.
DATE_ORDERS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
TIMES = ("%H:%M:%S", "%I:%M:%S %p")
MOST_HEADER_LINES = 5000


@dataclass(frozen=True)
class Table:
    """How to read the rows.

    Attributes:
        separator: between cells; "" for counts alone, one a line.
        time: the columns that together say when an epoch begins.
        format: how that is written.
        counts: the column of the counts.
        off, off_words: the column that tells whether the device was worn, and what it says if not.
        epoch_s: seconds an epoch; None if the header does not say.
        start: the clock at the first epoch, where rows carry no time.
        minutes_east: the fixed offset of the clock, if the header says one.
    """

    separator: str
    time: tuple[int, ...] = ()
    format: str = ""
    counts: int = 0
    off: int | None = None
    off_words: frozenset[str] = frozenset()
    epoch_s: float | None = None
    device: str = ""
    start: datetime | None = None
    minutes_east: int | None = None

    @property
    def last_column(self) -> int:
        """The last column that a row has to have."""
        return max((*self.time, self.counts))

    def cells(self, line: str) -> list[str]:
        """The cells of a row, without quotes."""
        if not self.separator:
            return re.split(r"[\s,]+", line.strip())[:1]
        cells = [cell.strip().strip('"').strip() for cell in line.split(self.separator)]
        if self.format.startswith(DATE_ORDERS):
            for one in self.time[:1]:
                if one < len(cells):
                    cells[one] = re.sub(r"[.-]", "/", cells[one], count=2)
        return cells

    def with_epoch(self, seconds: float) -> Table:
        """The same with a known length of epochs."""
        return replace(self, epoch_s=seconds)


def torn(what: str) -> TornFile:
    """The error of a file that is useless because of its header."""
    return TornFile(f"The header of the file {what}, so nothing was read.")


def awd(lines: Lines) -> Table:
    """Actiwatch: name, date, time, epoch, age, serial number, sex."""
    head = [text.strip() for _, text in islice(lines, 7)]
    if len(head) < 7:
        raise torn("ends before the first epoch")
    try:
        day, month, year = head[1].split("-")
        clock = (int(part) for part in head[2].split(":")[:2])
        whole = f"{int(year):04}-{MONTHS.index(month.lower()) + 1:02}-{int(day):02}"
        start = datetime.fromisoformat(f"{whole}T{next(clock):02}:{next(clock):02}")
        epoch_s = int(re.sub(r"\D", "", head[3])) * QUARTER_MINUTE_S
        if start.year not in YEARS or epoch_s not in EPOCHS_S:
            raise ValueError(start, epoch_s)
    except (ValueError, StopIteration) as error:
        raise torn("names no day, time and epoch that can be") from error
    return Table("", epoch_s=epoch_s, start=start, device="actiwatch")


def rpx(lines: Lines) -> Table:
    """Respironics: fields, then statistics, then the epochs under a line of column names."""
    fields: dict[str, list[str]] = {}
    separator = ","
    for _, text in islice(lines, MOST_HEADER_LINES):
        separator = ";" if '";"' in text else separator
        cells = [cell.strip().strip('"').strip() for cell in text.split(separator)]
        if {"Line", "Date", "Time", "Activity"} <= set(cells):
            break
        fields.setdefault(cells[0], cells[1:])
    else:
        raise torn("ends before the first epoch")
    epoch_s = number(_first(fields, "Epoch Length:"))
    if not epoch_s:
        raise torn("does not say how long an epoch is")
    status = "Off-Wrist Status" if "Off-Wrist Status" in cells else "Interval Status"
    return Table(
        separator,
        time=(cells.index("Date"), cells.index("Time")),
        format=_order(fields, epoch_s),
        counts=cells.index("Activity"),
        off=cells.index(status) if status in cells else None,
        off_words=frozenset({"1", "excluded"}),
        epoch_s=epoch_s,
        device=_first(fields, "Actiwatch Type:") or "actiwatch",
        minutes_east=_minutes_east(_first(fields, "Time Zone Offset:")),
    )


def _first(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name) or [""]
    return values[0]


def _minutes_east(text: str) -> int | None:
    found = re.fullmatch(r"([+-]?)(\d{1,2}):(\d{2})", text)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return sane_offset(-minutes if found[1] == "-" else minutes)


def _order(fields: dict[str, list[str]], epoch_s: float) -> str:
    """How dates are written: the order in which first and last day span the samples there are."""
    samples = number(_first(fields, "Number of Data Samples:")) or 1
    expected = timedelta(seconds=min(samples * epoch_s, 1e9))
    best, distance = "", timedelta.max
    for order in (f"{day} {time}" for day in DATE_ORDERS for time in TIMES):
        try:
            first, last = (
                datetime.strptime(_joined(fields, which), order)  # noqa: DTZ007 - its own clock
                for which in ("Start", "End")
            )
        except ValueError:
            continue
        if abs(last - first - expected) < distance:
            best, distance = order, abs(last - first - expected)
    if not best:
        raise torn("names no day and time that can be")
    return best


def _joined(fields: dict[str, list[str]], which: str) -> str:
    day = re.sub(r"[.-]", "/", _first(fields, f"Data Collection {which} Date:"))
    return f"{day} {_first(fields, f'Data Collection {which} Time:')}"


def dqt(lines: Lines) -> Table:
    """Daqtometer: fields, a name a sensor, then rows of time and sensors; times are in GMT."""
    names: list[str] = []
    for _, text in islice(lines, MOST_HEADER_LINES):
        if text.startswith("Name:"):
            names = [name.strip().lower() for name in text.split(",")]
        if text.startswith("Number of running average bins"):
            break
    else:
        raise torn("ends before the first epoch")
    moved = next((place for place, name in enumerate(names) if "accel" in name), 1)
    return Table(
        ",",
        time=(0,),
        format="%Y-%m-%d %H:%M:%S",
        counts=moved,
        device="daqtometer",
        minutes_east=0,
    )


def acttrust(lines: Lines) -> Table:
    """Condor: fields, then rows by name; the state is 4 while off the wrist (check)."""
    fields: dict[str, str] = {}
    for _, text in islice(lines, MOST_HEADER_LINES):
        if text.startswith("DATE/TIME;"):
            break
        name, _, value = text.partition(":")
        fields.setdefault(name.strip(), value.strip())
    else:
        raise torn("ends before the first epoch")
    names = [name.strip() for name in text.split(";")]
    counts = next((name for name in ("PIM", "ZCM", "TAT") if name in names), None)
    if counts is None:
        raise torn("names no column of counts (PIM, ZCM or TAT)")
    return Table(
        ";",
        time=(0,),
        format="%d/%m/%Y %H:%M:%S",
        counts=names.index(counts),
        off=names.index("STATE") if "STATE" in names else None,
        off_words=frozenset({"4"}),
        epoch_s=number(fields.get("INTERVAL")),
        device=fields.get("DEVICE_MODEL", "") or "acttrust",
    )


def tempatilumi(lines: Lines) -> Table:
    """Tempatilumi: some words in Portuguese, then rows under the names of their columns."""
    for _, text in islice(lines, MOST_HEADER_LINES):
        names = [name.strip().lower() for name in text.split(";")]
        if {"data", "hora", "atividade"} <= set(names):
            break
    else:
        raise torn("ends before the first epoch")
    return Table(
        ";",
        time=(names.index("data"), names.index("hora")),
        format="%Y/%m/%d %H:%M:%S",
        counts=names.index("atividade"),
        device="tempatilumi",
    )


READERS: dict[str, Callable[[Lines], Table]] = {
    "awd": awd,
    "rpx": rpx,
    "dqt": dqt,
    "acttrust": acttrust,
    "tempatilumi": tempatilumi,
}
