"""The load of a siege: callers, costs, pages and runs, all the while, and what of it was acknowledged."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

from flywheel.adapters.deployment_names import deployment_of
from flywheel.domain.incidents import IncidentSeverity
from flywheel.errors import FlywheelError
from flywheel.services.incidents.incidents import Sighting, open_incident
from flywheel.services.record.ledger import record_cost
from tests.scenarios.lab import Lab

PROJECT, CHANNEL = "besieged", "on-call"
CALLERS = 3
MARK = "mean_area"
"""The feature that bears a row's number: the examples have no entity."""
STEP = 1e-3


@dataclass
class Acknowledged:
    """What was promised to somebody, by kind; and when callers were answered."""

    keys: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in ("row", "cost", "page", "run")})
    statuses: Counter[str] = field(default_factory=Counter)
    answered_at: list[float] = field(default_factory=list)


def begin(lab: Lab, url: str, promised: Acknowledged, is_over: threading.Event) -> list[threading.Thread]:
    """Let all of it begin."""
    work = [partial(_call, url, number, promised, is_over) for number in range(CALLERS)]
    work += [partial(_repeat, act, lab, promised, is_over) for act in (_cost, _page, _run)]
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    return threads


def ask(url: str, method: str, path: str, body: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _call(url: str, caller: int, promised: Acknowledged, is_over: threading.Event) -> None:
    """Ask about one row after another; a row that was not answered is not asked again."""
    row = dict(json.loads(ask(url, "GET", "/contract")[1])["example"]["rows"][0])
    for number in itertools.count(caller, CALLERS):
        if is_over.is_set():
            return
        row[MARK] = 500 + number * STEP
        try:
            status = str(ask(url, "POST", "/predict", json.dumps({"rows": [row]}))[0])
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        promised.statuses[status] += 1
        if status == "200":
            promised.keys["row"].append(str(number))
            promised.answered_at.append(time.monotonic())
        time.sleep(0.05)


def _repeat(act: Callable[[Lab, str], str], lab: Lab, promised: Acknowledged, is_over: threading.Event) -> None:
    """Do something under one key until it is acknowledged, then the next."""
    kind = act.__name__.strip("_")
    for number in itertools.count():
        while True:
            if is_over.is_set():
                return
            try:
                promised.keys[kind].append(act(lab, f"siege-{kind}-{number}"))
                break
            except FlywheelError as error:
                promised.statuses[f"{kind}: {type(error).__name__}"] += 1
                time.sleep(0.2)
        time.sleep({"cost": 0.2, "page": 3.0, "run": 20.0}[kind])


def _cost(lab: Lab, key: str) -> str:
    catalog = lab.bench.catalog
    record_cost(
        catalog, project=PROJECT, run_id=key, kind="cpu", quantity=1.0, money=Decimal(1), actor="flow:x", key=key
    )
    return key


def _page(lab: Lab, key: str) -> str:
    open_incident(
        lab.bench.catalog,
        Sighting(
            project=PROJECT,
            key=key,
            severity=IncidentSeverity.PAGE,
            title=key,
            cause="the siege",
            consequence=None,
            actions=(),
            evidence={},
            run_id=key,
        ),
        channels=(CHANNEL,),
        actor="flow:x",
    )
    return key


def _run(lab: Lab, key: str) -> str:
    return lab.prefect.start_run(
        deployment_of("monitoring", PROJECT), parameters={"project": PROJECT}, idempotency_key=key
    )
