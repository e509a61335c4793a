"""Where a version stands: what speaks for it, what against it, and whom it waits for."""
