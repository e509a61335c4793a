"""Parts of the data that never overlap."""

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.tabular.split import split_at_random, split_by_time
from tests.factories.tabular import applications

TIMES = applications()["applied_at"]


def test_time_split_puts_every_test_row_after_every_training_row():
    split = split_by_time(TIMES, validation="3 months", test="3 months")
    train, validation, test = (TIMES.iloc[part] for part in (split.train, split.validation, split.test))
    assert train.max() < validation.min() <= validation.max() < test.min()
    assert len(train) + len(validation) + len(test) == len(TIMES)


def test_random_split_is_the_same_for_the_same_seed():
    first, second = (split_at_random(100, validation=0.2, test=0.2, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.test, second.test)


def test_rows_of_one_entity_stay_together():
    entity = pd.Series(np.arange(600) % 50)
    split = split_at_random(600, validation=0.2, test=0.2, seed=3, entity=entity)
    parts = [set(entity.iloc[part]) for part in (split.train, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_a_period_longer_than_the_data_is_refused():
    with pytest.raises(InputRefused, match="leaves a part empty"):
        split_by_time(TIMES, validation="3 months", test="5 years")


def test_a_row_without_time_is_refused():
    with pytest.raises(InputRefused, match="without a time"):
        split_by_time(pd.Series([TIMES[0], pd.NaT]), validation="1 day", test="1 day")


def test_a_period_is_a_number_and_a_unit():
    with pytest.raises(InputRefused, match="not a period"):
        split_by_time(TIMES, validation="a while", test="3 months")
