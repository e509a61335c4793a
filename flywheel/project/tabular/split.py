"""Splitting rows into training, validation and test: by time where there is one, else seeded by entity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from datetime import timedelta

    import pandas as pd
    from numpy.typing import NDArray

PERIOD = re.compile(r"(\d{1,5}) (minute|hour|day|week|month|year)s?")


@dataclass(frozen=True)
class Split:
    """Row positions of the three parts; no row is in two of them."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    def frames(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Cut a frame into the three parts."""
        return frame.iloc[self.train], frame.iloc[self.validation], frame.iloc[self.test]


def split_by_time(times: pd.Series[Any], *, validation: str | timedelta, test: str | timedelta) -> Split:
    """The last period is the test, the one before it validation, all before it training."""
    # pandas only where there are rows to split
    import pandas as pd

    moments = pd.to_datetime(times, utc=True)
    if moments.isna().any():
        raise InputRefused("rows without a time cannot be split by time", found=int(moments.isna().sum()))
    test_from = moments.max() - _offset(test)
    validation_from = test_from - _offset(validation)
    positions = np.arange(len(moments))
    is_test = (moments > test_from).to_numpy()
    is_validation = (moments > validation_from).to_numpy() & ~is_test
    return _whole(Split(positions[~is_test & ~is_validation], positions[is_validation], positions[is_test]))


def split_at_random(
    rows: int, *, validation: float, test: float, seed: int, entity: pd.Series[Any] | None = None
) -> Split:
    """Draw shares of the rows by seed; with an entity, all rows of one entity stay together."""
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise InputRefused(
            "shares must leave rows to train on", found=(validation, test), allowed="0 to 1, sum below 1"
        )
    draw = np.random.default_rng(seed)
    if entity is None:
        place = draw.permutation(rows) / max(1, rows)
    else:
        # pandas only where there is an entity column
        import pandas as pd

        codes, uniques = pd.factorize(entity, use_na_sentinel=False)
        place = (draw.permutation(len(uniques)) / max(1, len(uniques)))[codes]
    positions = np.arange(rows)
    is_test = place < test
    is_validation = (place < test + validation) & ~is_test
    return _whole(Split(positions[~is_test & ~is_validation], positions[is_validation], positions[is_test]))


def _whole(split: Split) -> Split:
    sizes = {"train": split.train.size, "validation": split.validation.size, "test": split.test.size}
    if not all(sizes.values()):
        raise InputRefused(
            "the split leaves a part empty", found=sizes, next_step="choose shorter periods or smaller shares"
        )
    return split


def _offset(period: str | timedelta) -> Any:
    # pandas only where there are rows to split
    import pandas as pd

    if not isinstance(period, str):
        return pd.Timedelta(period)
    match = PERIOD.fullmatch(period.strip())
    if not match:
        raise InputRefused("not a period", found=period, allowed="such as '3 months', '90 days', '2 weeks'")
    units: dict[str, Any] = {f"{match[2]}s": int(match[1])}
    return pd.DateOffset(**units)
