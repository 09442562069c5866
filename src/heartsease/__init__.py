"""Heartsease: track, notice, propose, decide together, act, measure."""

__version__ = "0.1.0"
