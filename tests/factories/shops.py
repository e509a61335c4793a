"""A synthetic shop: customers who come again, and customers who come once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Shop:
    """Customers who come again every so many months, and each month some who never came before."""

    regulars: int
    every_months: int
    newcomers: int

    def rows(self, *, months: int = 12) -> pd.DataFrame:
        rng = np.random.default_rng(1)
        again = rng.random((months, self.regulars)) < 1 / self.every_months
        people = [
            [*(f"r{n}" for n in np.flatnonzero(came)), *(f"n{month}-{n}" for n in range(self.newcomers))]
            for month, came in enumerate(again)
        ]
        month = np.repeat(np.arange(months), [len(some) for some in people])
        frame = pd.DataFrame({"person": [one for some in people for one in some]})
        at = pd.date_range("2025-01-15", periods=months, freq=pd.DateOffset(months=1), tz="UTC")[month]
        return frame.assign(at=at, is_new=frame["person"].str.startswith("n"))
