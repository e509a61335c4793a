"""Reusable Prefect tasks: thin shells, one verb a file."""
