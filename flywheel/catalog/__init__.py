"""The system of record: the chain of events, and the tables that are projected from it."""
