"""Wearable and phone data: sources, ingestion, daily features, data quality."""
