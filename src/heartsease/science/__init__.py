"""Measurement and inference: knows arrays, tables, text and dates; no Django, no network."""
