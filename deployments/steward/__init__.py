"""The steward: carries messages out, keeps endpoints, mends what died."""
