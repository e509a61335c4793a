"""Proposing a charter from a look at data: everything that was detected becomes a key that a person can correct."""
