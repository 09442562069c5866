"""Files and pushes as tests hand them in."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from heartsease.capture.streams import actions
from heartsease.capture.streams.models import DailyFeature, DayRecord, Upload
from heartsease.capture.streams.tasks import read_upload

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
HEADER = "time,end,stream,value,stage,device\n"


def steps(day: int, count: int, *, device: str = "watch", hour: int = 10) -> str:
    """A line of steps on a day before NOW's."""
    start = NOW.replace(hour=hour) - timedelta(days=day)
    return (
        f"{start.isoformat()},{(start + timedelta(hours=1)).isoformat()},steps,{count},,{device}\n"
    )


def night(day: int, hours: float = 8.0, *, device: str = "watch") -> str:
    """A line of sleep that ended in the morning of a day before NOW's."""
    end = NOW.replace(hour=6) - timedelta(days=day)
    return (
        f"{(end - timedelta(hours=hours)).isoformat()},{end.isoformat()},sleep,,asleep,{device}\n"
    )


def file_of(*lines: str) -> io.BytesIO:
    return io.BytesIO((HEADER + "".join(lines)).encode())


def hand_in(person, file, name="data.csv", *, now=NOW, read=True) -> Upload:
    """Upload a file and, unless told not to, have it read at once."""
    row = actions.upload(person, file, name, by=person, now=now)
    if read:
        read_upload.call(str(row.id))
    row.refresh_from_db()
    return row


def features(person) -> dict[tuple[str, str], float]:
    rows = DailyFeature.objects.filter(person=person)
    return {(row.feature, str(row.day)): row.value for row in rows}


def digests(person) -> dict[tuple[str, str], tuple[str, int]]:
    rows = DayRecord.objects.filter(person=person)
    return {(row.stream, str(row.day)): (row.digest, row.samples) for row in rows}


def left_over(folder) -> list[str]:
    """Files of uploads that still lie about."""
    return sorted(
        path.name for path in folder.iterdir() if "upload" in path.name or "spool" in path.name
    )
