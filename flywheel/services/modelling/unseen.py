"""Which rows none of the compared versions has seen: what each saw is kept with it, by digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.splits import SplitFacts
from flywheel.project.charter.charter import Charter
from flywheel.project.framing import Framing
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.project.tabular.seen import Seen, end_of, read_hashes, seen_rows
from flywheel.project.tabular.split import Parted
from flywheel.project.tabular.units import Unit, content_digest
from flywheel.services.modelling.experiments import get_experiment
from flywheel.services.modelling.versions import last_in_use

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def keep_facts(
    framing: Framing, frame: pd.DataFrame, parted: Parted, recipe: Recipe, *, artifacts: Artifacts
) -> SplitFacts:
    """Say how a candidate's rows were parted, and keep what it has seen.

    A model from elsewhere may also have seen every row up to the day that its maker names.
    """
    seen, split = Seen.of(framing.rule, parted, frame.columns), parted.split
    time, until = seen.time, seen.until
    if recipe.kind is RecipeKind.EXTERNAL and (day := recipe.settings.get("learned_until")):
        time, until = framing.data.time, max(filter(None, (until, end_of(str(day)))))
    validation, test = (content_digest(frame.iloc[rows]) for rows in (split.validation, split.test))
    return SplitFacts(
        rule=framing.rule.digest,
        cuts=parted.cuts,
        rows=split.sizes,
        periods=parted.periods,
        apart=parted.apart,
        unit=seen.unit.to_json(),
        time=time,
        until=until,
        seen=artifacts.put_bytes(seen.content()),
        chosen_on=framing.yardstick(validation),
        judged_on=framing.yardstick(test),
    )


def parting_note(catalog: Catalog, charter: Charter) -> str:
    """Say where rows are parted otherwise than those of the version in use only since other columns are declared."""
    champion = last_in_use(catalog, project=charter.name)
    if champion is None or charter.data is None:
        return ""
    split = get_experiment(catalog, experiment=champion.experiment_id).split
    return parted_anew(Unit.from_json(split.unit), Framing(charter), champion.id)


def parted_anew(before: Unit, framing: Framing, version: str) -> str:
    """Name the columns by which rows were, or are, told apart, and what keeps every row in its part."""
    now = framing.rule.unit
    if before.columns == now.columns or before.entity or now.entity:
        return ""
    other = ", ".join(sorted({*before.columns} ^ {*now.columns})[:5])
    kept = [name for name in before.columns if name in framing.data.declared]
    return (
        f"rows are split anew, since equal rows are recognised by other columns than those of {version} "
        f"({other}); it has seen most of the new test rows, and is compared only on the others. To keep the "
        f"split, set under [research.split]: equal_in = {json.dumps(kept, ensure_ascii=False)}"
    )


def seen_of(facts: SplitFacts | None, *, artifacts: Artifacts) -> Seen | None:
    """Read what a version has seen; nothing where nobody recorded it."""
    if facts is None:
        return None
    hashes = read_hashes(artifacts.get_bytes(Digest(facts.seen)))
    return Seen(Unit.from_json(facts.unit), hashes, facts.time, facts.until)


def rows_before_test(given: pd.DataFrame | Table, facts: SplitFacts, *, artifacts: Artifacts) -> NDArray[np.bool_]:
    """Say of each row of a version's own table that it comes before the test, or by share that the version has seen it.

    By time that is every row up to the test, those left apart too: without them those who come again would be missing.
    """
    table, cut = table_of(given), facts.cuts.get("test_after")
    if cut is None or facts.time is None:
        seen = read_hashes(artifacts.get_bytes(Digest(facts.seen)))
        return np.isin(Unit.from_json(facts.unit).hashes(table), seen)
    # pandas only where there are rows
    import pandas as pd

    times = pd.to_datetime(table.whole([facts.time])[facts.time], utc=True)
    return np.asarray(times <= pd.Timestamp(cut), dtype=np.bool_)


def unseen_test_rows(
    framing: Framing,
    frame: pd.DataFrame,
    parted: Parted,
    facts: Iterable[SplitFacts | None],
    *,
    artifacts: Artifacts,
) -> NDArray[np.bool_]:
    """Say of each test row of a table that none of these versions has seen it."""
    seen = np.zeros(len(frame), dtype=bool)
    for one in facts:
        known = seen_of(one, artifacts=artifacts)
        seen |= seen_rows(frame, rule=framing.rule, parted=parted, seen=known)
    return ~seen[parted.split.test]
