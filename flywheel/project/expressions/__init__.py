"""Expressions: derived columns as people write them, read by a closed grammar and never as code."""
