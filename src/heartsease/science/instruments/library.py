"""The questionnaires on file, read and validated once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from .model import (
    Band,
    GroupColumn,
    Instrument,
    InstrumentUnusable,
    Item,
    KnownColumns,
    Option,
    Subscale,
)

INSTRUMENTS = ("phq9", "gad7", "phq4", "phq2")


@cache
def load(identifier: str) -> Instrument:
    """Return a questionnaire by its identifier.

    Raises:
        InstrumentUnusable: if there is none, or its file contradicts itself.

    >>> load("phq9").highest
    27
    """
    if identifier not in INSTRUMENTS:
        raise InstrumentUnusable(f"No questionnaire is called {identifier!r}.")
    path = files(__package__) / "data" / f"{identifier}.toml"
    return read(tomllib.loads(path.read_text("utf-8")))


def read(table: Mapping[str, Any]) -> Instrument:
    """Make a questionnaire of a data file's table, and check it.

    Raises:
        InstrumentUnusable: naming what contradicts what.
    """
    instrument = Instrument(
        id=table["id"],
        title=table["title"],
        name=table["name"],
        version=table["version"],
        about=table["about"],
        recall=table["recall"],
        minutes=table["minutes"],
        items=tuple(Item(**row) for row in table["items"]),
        options=tuple(Option(**row) for row in table["options"]),
        bands=tuple(Band(**row) for row in table["bands"]),
        subscales=tuple(
            Subscale(row["name"], tuple(row["items"]), row["caseness"])
            for row in table.get("subscales", [])
        ),
        caseness=table["caseness"],
        reliable_change=table.get("reliable_change"),
        response=table.get("response", 0.5),
        remission_below=table.get("remission_below"),
        max_missing=table["max_missing"],
        safety_items=tuple(table["safety_items"]),
        loinc_panel=table["loinc"]["panel"],
        loinc_total=table["loinc"]["total"],
        citation=table["citation"],
        licence=table["licence"]["terms"],
        licence_source=table["licence"]["source"],
        known_columns=tuple(_known(row) for row in table.get("columns", [])),
    )
    _check_bands(instrument)
    _check_items(instrument)
    _check_codes(instrument)
    return instrument


def _known(row: Mapping[str, Any]) -> KnownColumns:
    """What one public data set calls the answers."""
    groups = (GroupColumn(**{**one, "cuts": tuple(one.get("cuts", ()))}) for one in row["groups"])
    return KnownColumns(
        row["source"],
        tuple(row["items"]),
        tuple(row["missing_codes"]),
        row.get("weight"),
        tuple(groups),
    )


def _check_bands(instrument: Instrument) -> None:
    """Bands cover every total once."""
    expected = instrument.lowest
    for band in instrument.bands:
        if band.low != expected or band.high < band.low:
            raise InstrumentUnusable(
                f"{instrument.id}: band {band.name!r} begins at {band.low}, not at {expected}."
            )
        expected = band.high + 1
    if expected != instrument.highest + 1:
        raise InstrumentUnusable(f"{instrument.id}: the bands end at {expected - 1}.")


def _check_items(instrument: Instrument) -> None:
    """Items count from 1; what refers to items refers to some that are there."""
    values = [option.value for option in instrument.options]
    if len(set(values)) < max(len(values), 2):
        raise InstrumentUnusable(f"{instrument.id}: the answers have the values {values}.")
    numbers = [item.number for item in instrument.items]
    if numbers != list(range(1, len(numbers) + 1)):
        raise InstrumentUnusable(f"{instrument.id}: items are numbered {numbers}.")
    referred = set(instrument.safety_items)
    referred.update(number for scale in instrument.subscales for number in scale.items)
    if not referred <= set(numbers):
        raise InstrumentUnusable(f"{instrument.id}: there is no item {referred - set(numbers)}.")
    for known in instrument.known_columns:
        if len(known.items) != len(numbers):
            raise InstrumentUnusable(
                f"{instrument.id}: {known.source} names {len(known.items)} columns "
                f"for {len(numbers)} items."
            )
    if instrument.max_missing > 0.2 * len(numbers):
        raise InstrumentUnusable(f"{instrument.id}: more than 20 % of the items may be missing.")
    if not instrument.lowest <= instrument.caseness <= instrument.highest:
        raise InstrumentUnusable(f"{instrument.id}: caseness is outside the range.")


def _check_codes(instrument: Instrument) -> None:
    """Every LOINC code carries a right check digit."""
    codes = [instrument.loinc_panel, instrument.loinc_total]
    codes += [item.loinc for item in instrument.items]
    codes += [option.loinc for option in instrument.options]
    for code in codes:
        if not is_loinc(code):
            raise InstrumentUnusable(f"{instrument.id}: {code} is not a LOINC code.")


def is_loinc(code: str) -> bool:
    """Whether a code's check digit is right (mod 10, LOINC users' guide).

    Codes of answers (LA) and answer lists (LL) are taken by their form.

    1. Join the digits at odd places, counted from the right, in that order, and double the number.
    2. Add all its digits and the digits at even places.
    3. The check digit is what is missing to the next ten.

    >>> is_loinc("44249-1"), is_loinc("44249-2"), is_loinc("LA6568-5")
    (True, False, True)
    """
    if re.fullmatch(r"L[AL]\d+-\d", code):
        return True
    found = re.fullmatch(r"(\d+)-(\d)", code)
    if found is None:
        return False
    digits = found[1][::-1]
    doubled = str(int(digits[::2]) * 2)
    return -sum(map(int, doubled + digits[1::2])) % 10 == int(found[2])
