"""What a questionnaire is made of."""

from __future__ import annotations

from dataclasses import dataclass


class InstrumentUnusable(ValueError):
    """A questionnaire's data file contradicts itself."""


@dataclass(frozen=True)
class Item:
    """One question; a reversed one counts down."""

    number: int
    text: str
    loinc: str
    reverse: bool = False


@dataclass(frozen=True)
class Option:
    """One possible answer."""

    value: int
    label: str
    loinc: str


@dataclass(frozen=True)
class Band:
    """A range of totals, both ends included, its clinical name, and words for the person."""

    low: int
    high: int
    name: str
    meaning: str


@dataclass(frozen=True)
class Subscale:
    """Items that are also summed by themselves."""

    name: str
    items: tuple[int, ...]
    caseness: int


@dataclass(frozen=True)
class GroupColumn:
    """A column that says which group a person belongs to; cuts turn a number into bands."""

    name: str
    column: str
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class KnownColumns:
    """What a public data set calls the answers, so that its files can be evaluated as they are.

    Attributes:
        items: column names in the order of the items.
        missing_codes: numbers that stand for "refused" or "does not know".
        weight: column with the survey weight; None if there is none.
    """

    source: str
    items: tuple[str, ...]
    missing_codes: tuple[float, ...]
    weight: str | None
    groups: tuple[GroupColumn, ...]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire with everything needed to ask, score and read it.

    Attributes:
        caseness: lowest total that counts as a case.
        reliable_change: points from which on a change is unlikely to be chance; None if unknown.
        response: share of the first total by which the last must be lower.
        remission_below: totals below this count as remission; None if not defined.
        max_missing: items that may be missing for a prorated total.
        safety_items: items whose answer above 0 calls for a person at once.
        known_columns: public data sets whose files can be evaluated as they are.
    """

    id: str
    title: str
    name: str
    version: str
    about: str
    recall: str
    minutes: int
    items: tuple[Item, ...]
    options: tuple[Option, ...]
    bands: tuple[Band, ...]
    subscales: tuple[Subscale, ...]
    caseness: int
    reliable_change: float | None
    response: float
    remission_below: int | None
    max_missing: int
    safety_items: tuple[int, ...]
    loinc_panel: str
    loinc_total: str
    citation: str
    licence: str
    licence_source: str
    known_columns: tuple[KnownColumns, ...] = ()

    @property
    def intro(self) -> str:
        """The sentence that stands above the questions."""
        return self.recall

    @property
    def lowest(self) -> int:
        """The lowest possible total."""
        return min(option.value for option in self.options) * len(self.items)

    @property
    def highest(self) -> int:
        """The highest possible total."""
        return max(option.value for option in self.options) * len(self.items)

    def band_of(self, total: float) -> Band:
        """The band a total falls into; a total between whole numbers belongs to the lower one.

        Raises:
            ValueError: if the total is outside the questionnaire's range.
        """
        if self.lowest <= total <= self.highest:
            return next(band for band in self.bands if int(total) <= band.high)
        raise ValueError(f"{self.title} goes from {self.lowest} to {self.highest}, not {total}.")
