"""Clinics and people that do not exist, and real de-identified days for demonstrations."""
