"""A patient's pages, one module a place."""
