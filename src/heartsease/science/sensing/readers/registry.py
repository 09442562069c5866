"""Every format that is read, in the order in which they are asked whether a file is theirs.

What is told by certain marks comes first; the plain forms, which take whatever is left, come last.
"""

from __future__ import annotations

from ..reading import Format
from . import (
    actigraphy,
    apple_health,
    fitbit_takeout,
    gadgetbridge,
    garmin_fit,
    google_timeline,
    health_auto_export,
    health_connect,
    mapped,
    open_mhealth,
    open_wearables,
    owntracks,
    plain,
    sensor_logger,
    tracks,
)

FORMATS: tuple[Format, ...] = (
    *apple_health.FORMATS,
    *fitbit_takeout.FORMATS,
    *health_connect.FORMATS,
    *gadgetbridge.FORMATS,
    *google_timeline.FORMATS,
    *garmin_fit.FORMATS,
    *tracks.FORMATS,
    *actigraphy.FORMATS,
    *health_auto_export.FORMATS,
    *sensor_logger.FORMATS,
    *open_wearables.FORMATS,
    *owntracks.FORMATS,
    *open_mhealth.FORMATS,
    *mapped.FORMATS,
    *plain.FORMATS,
)
