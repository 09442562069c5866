"""What is known beside a day's number: on which device it rests, and that calls were paused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import polars as pl
import pyarrow as pa

from heartsease.base import crypto, keys
from heartsease.consent import queries as consent
from heartsease.people.models import Person
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.devices import main_devices
from heartsease.science.sensing.features.local_time import local_day
from heartsease.science.sensing.made_of import features_of_domain
from heartsease.science.sensing.schema import OFFSET

from . import covered

CALLS = "comm"


def without_pauses(
    person: UUID, frame: pl.DataFrame, streams: Mapping[str, pa.Table]
) -> pl.DataFrame:
    """Features without days that tell of no call because calls were paused: nobody knows of those.

    Args:
        frame: columns day and feature, among others.
        streams: the samples that they were made of.
    """
    if CALLS not in streams:
        return frame
    told = pl.DataFrame(pl.from_arrow(streams[CALLS].select(["ts", OFFSET])))
    days = told.select(local_day())["day"].unique().to_list()
    paused = pl.lit(False)
    for first, last in consent.pauses(Person.objects.get(pk=person), covered.of_samples(CALLS)):
        paused |= (pl.col("day") >= first) & (pl.col("day") <= (last or date.max))
    of_calls = pl.col("feature").is_in(sorted(features_of_domain("communication")))
    return frame.filter(~(of_calls & paused & ~pl.col("day").is_in(days)))


def with_devices(
    person: UUID, frame: pl.DataFrame, streams: Mapping[str, pa.Table]
) -> pl.DataFrame:
    """Features with the device that their day is of, as a name that tells nothing.

    Args:
        frame: columns day and feature, among others; gains domain and device.
        streams: the samples that they were made of.
    """
    key = crypto.derived(keys.key_of(person), "devices")
    found = main_devices(streams)
    names = {one: crypto.keyed_hash(key, one)[:16] for one in found["device"].unique()}
    devices = found.with_columns(pl.col("device").replace_strict(names, return_dtype=pl.String))
    domains = {name: one.domain for name, one in FEATURES.items()}
    domain = pl.col("feature").replace_strict(domains, return_dtype=pl.String)
    return frame.with_columns(domain.alias("domain")).join(
        devices, on=["domain", "day"], how="left", maintain_order="left"
    )
