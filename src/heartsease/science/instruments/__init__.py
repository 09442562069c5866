"""Questionnaires as data files, and their scoring."""

from .library import INSTRUMENTS, load
from .model import Band, Instrument, InstrumentUnusable, Item, Option, Subscale
from .scoring import ImpossibleAnswer, Score, score

__all__ = [
    "INSTRUMENTS",
    "Band",
    "ImpossibleAnswer",
    "Instrument",
    "InstrumentUnusable",
    "Item",
    "Option",
    "Score",
    "Subscale",
    "load",
    "score",
]
