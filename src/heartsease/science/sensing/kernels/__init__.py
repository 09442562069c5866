"""Loops over one person: plain arrays in, plain arrays out, one concept a module."""
