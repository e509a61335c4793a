"""The Prefect worker, and the pool whose runs it starts."""
