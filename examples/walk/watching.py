"""Third act: clean weeks pass in silence, then the credit bureau changes null to 999."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from examples.card_default import generator
from examples.walk.scene import PROJECT, Scene
from flywheel.errors import counted
from flywheel.project.framing import Framing
from flywheel.services.incidents import incidents
from flywheel.services.serving import serving
from flywheel.services.watching import health

if TYPE_CHECKING:
    import pandas as pd

CLEAN_WEEKS = 6
ROWS_A_WEEK = 2_000
ROWS_A_REQUEST = 1_000
SEED = 11
REVIEW_WEEKS = 13
"""How long such a change goes unseen where models are looked at once a quarter."""


@dataclass(frozen=True)
class Week:
    """What came in, what was answered, and what was really true."""

    frame: pd.DataFrame
    declined: list[bool]
    answered_by: set[str]


def watch_clean_weeks(scene: Scene) -> int:
    """Send clean weeks to the endpoint and let monitoring judge them; gives the next week's number."""
    scene.screen.step(f"{CLEAN_WEEKS} clean weeks of traffic")
    first = _next_week(scene)
    url = scene.endpoint_url()
    for index in range(first, first + CLEAN_WEEKS):
        _send(scene, url, generator.week(SEED, ROWS_A_WEEK, index))
    _monitor(scene, first + CLEAN_WEEKS)
    rows, alarms = _judged(scene, first, first + CLEAN_WEEKS)
    scene.screen.good(f"{counted(rows, 'application')} answered over HTTP and judged: {counted(alarms, 'alarm')}")
    scene.facts["false alarms"] = f"{alarms} in {CLEAN_WEEKS} clean weeks"
    return first + CLEAN_WEEKS


def break_the_bureau(scene: Scene, index: int) -> None:
    """Plant the fault, and see it noticed, paged and made harmless."""
    scene.screen.step('The bureau changes "no hit" from null to 999')
    clean = generator.week(SEED, ROWS_A_WEEK, index)
    faulty = generator.null_to_999(clean)
    by_model = _send(scene, scene.endpoint_url(), faulty)
    hurt = faulty[generator.SCORE].eq(999)
    scene.screen.say(f"{int(hurt.sum()):,} of {len(faulty):,} applicants now look excellent to the model")
    _monitor(scene, index + 1)
    found = incidents.list_incidents(scene.bench.catalog, project=PROJECT, is_unresolved=True)
    for incident in found:
        scene.screen.alarm(f"incident {incident.id} is open")
    page = scene.receiver.next_page(within_seconds=30)
    scene.screen.alarm(f"a page arrived: {page['title']}")
    for line in page["message"].splitlines():
        scene.screen.say(f"  | {line}")
    url = scene.endpoint_url()
    again = scene.until(lambda: _sent_again(scene, url, faulty), "the answers by the rule alone")
    scene.screen.good(f"the endpoint fell back as planned and answers by its {scene.endpoint().mode.value}")
    prevented = _money(scene, again, hurt) - _money(scene, by_model, hurt)
    scene.facts["caught in"] = "the first monitoring run after the change"
    scene.facts["loss prevented"] = (
        f"{prevented:,.0f} EUR a week on the {counted(int(hurt.sum()), 'affected application')}; "
        f"{prevented * REVIEW_WEEKS:,.0f} EUR until a quarterly review"
    )


def _next_week(scene: Scene) -> int:
    last = health.latest(scene.bench.catalog, project=PROJECT)
    return 0 if last is None else round((last.window_end_at - generator.FIRST_WEEK) / timedelta(weeks=1))


def _send(scene: Scene, url: str, frame: pd.DataFrame, *, is_trial: bool = False) -> Week:
    """Have rows answered; as a trial where nobody decides by the answers, so that they are no traffic."""
    rows = serving.as_rows(generator.as_seen(frame)[serving.asked_for(url)])
    _, loaded = scene.bench.registered(PROJECT)
    decline, declined, by = loaded.charter.decision.positive, list[bool](), set[str]()
    for start in range(0, len(rows), ROWS_A_REQUEST):
        answer = serving.ask(url, rows[start : start + ROWS_A_REQUEST], is_trial=is_trial)
        declined += [one["decision"] == decline for one in answer["predictions"]]
        by.add(answer["served_by"])
    return Week(frame, declined, by)


def _sent_again(scene: Scene, url: str, frame: pd.DataFrame) -> Week | None:
    """Have rows answered as a trial by what is wanted now; what went before still answers for a moment."""
    week = _send(scene, url, frame, is_trial=True)
    return week if week.answered_by == {scene.endpoint().mode.value} else None


def _monitor(scene: Scene, up_to_week: int) -> None:
    until = generator.FIRST_WEEK + timedelta(weeks=up_to_week)
    scene.wait_for_end(scene.run("monitoring", until=until.isoformat()))


def _judged(scene: Scene, first: int, end: int) -> tuple[int, int]:
    start_at, end_at = (generator.FIRST_WEEK + timedelta(weeks=week) for week in (first, end))
    judged = [
        one
        for one in health.list_health(scene.bench.catalog, project=PROJECT)
        if start_at <= one.window_start_at and one.window_end_at <= end_at
    ]
    return sum(one.rows for one in judged), sum(len(one.signals) for one in judged)


def _money(scene: Scene, week: Week, rows: pd.Series[bool]) -> Decimal:
    """What the decisions on some rows bring, by the money of the charter and what became of the applicants."""
    _, loaded = scene.bench.registered(PROJECT)
    said = week.frame.assign(declined=week.declined)[rows]
    bad = said[generator.LABEL].astype(bool)
    money = Framing(loaded.charter).problem.money(bad.to_numpy(dtype="uint8"), said["declined"].to_numpy(dtype=bool))
    return Decimal(str(round(float(money.sum()), 2)))
