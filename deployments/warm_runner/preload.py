"""Which modules the warm parent imports, in which order, one at a time."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import cast

CORE = ("prefect", "prefect.flow_engine", "prefect.task_engine", "prefect.client.orchestration", "prefect.runner")
"""Imported before the first request is accepted."""

HEAVY = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
    "prefect.deployments.steps.pull",
    "prefect.deployments.steps.utility",
    "prefect.results",
    "prefect.events.clients",
    "prefect.artifacts",
    "prefect.input",
    "prefect.logging.handlers",
    "prefect.utilities.visualization",
    "graphviz",
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "scipy.stats",
    "scipy.optimize",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.preprocessing",
    "xgboost",
    "skops.io",
    "great_expectations.exceptions",
    "great_expectations",
    "great_expectations.expectations",
    "mlflow.tracking",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow",
    "plotly.graph_objects",
    "nltk",
    "evidently",
    "evidently.presets",
)
"""Imported while idle, in small steps: a request waits for one of them at most."""

THREADLESS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""What keeps libraries from starting threads as they are imported; a parent with threads may not fork."""

OURS = ("flywheel", "validators", "tasks", "flows")
"""Packages whose every module is imported last; a change of theirs makes the parent stale."""


class Preload:
    """The modules still to be imported."""

    def __init__(self, modules: Iterable[str] | None = None) -> None:
        self._pending = deque(HEAVY if modules is None else modules)
        self._packages = deque(OURS if modules is None else ())
        self._late_work = deque(LATE_WORK if modules is None else ())
        self.loaded: list[str] = []
        self.failed: list[str] = []
        self.seconds = 0.0

    @property
    def is_complete(self) -> bool:
        """Nothing is left to import."""
        return not self._pending and not self._packages and not self._late_work

    def step(self) -> None:
        """Import the next module; one that cannot be imported is reported by the run that needs it."""
        if not self._pending:
            if self._packages:
                self._pending.extend(_modules_of(self._packages.popleft()))
            else:
                self._late_work.popleft()()
            return
        name = self._pending.popleft()
        if name in sys.modules:
            return
        began = time.monotonic()
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  whatever a module raises, the run that imports it will raise and report again
            self.failed.append(name)
            sys.stderr.write(f"warm runner: could not import {name}: {type(error).__name__}: {error}\n")
        else:
            self.loaded.append(name)
        self.seconds += time.monotonic() - began


def complete_models() -> None:
    """Finish Prefect's models, which it puts off to their first use: every run would build the same ones again."""
    from pydantic import BaseModel  # imported by Prefect already

    waiting, seen = [BaseModel], {BaseModel}
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model not in seen:
                seen.add(model)
                waiting.append(model)
                if model.__module__.startswith("prefect.") and not model.__pydantic_complete__:
                    model.model_rebuild(raise_errors=False)  # one that cannot be built says so to who uses it


def complete_tables() -> None:
    """Finish SQLAlchemy's mapping of our tables, which it puts off in the same way."""
    from sqlalchemy.orm import configure_mappers  # imported by the catalog already

    configure_mappers()


def know_own_code() -> None:
    """Learn which of our modules each stage and each task needs: runs name their results by them."""
    from prefect.tasks import Task  # imported already, as are all of ours

    from flywheel.domain.stages import ORDER  # imported already
    from tasks.options import BY_CONTENT  # imported already
    from tasks.workbench import code_digest  # imported already

    imported = [sys.modules[name] for name in _modules_of("tasks") if name in sys.modules]
    known = [value for module in imported for value in vars(module).values()]
    tasks = {
        one.fn.__module__ for one in known if isinstance(one, Task) and cast("object", one.cache_policy) is BY_CONTENT
    }
    for module in (*(f"flows.{stage}" for stage in ORDER), *sorted(tasks)):
        code_digest(module)


def know_what_packages_need() -> None:
    """Learn what the libraries of a package need in turn: each delivery would read 170 descriptions again."""
    from flywheel.adapters.bentoml_lock import locked_requirements  # imported already

    locked_requirements(Path("requirements.lock"), "cpu")


LATE_WORK = (complete_models, complete_tables, know_own_code, know_what_packages_need)
"""What is put off to the first use elsewhere; done once here instead of in each run."""


def _modules_of(package: str) -> Iterable[str]:
    found = importlib.util.find_spec(package)
    if found is None or found.submodule_search_locations is None:
        return ()
    walked = pkgutil.iter_modules(found.submodule_search_locations, f"{package}.")
    names: list[str] = []
    for module in walked:
        if module.ispkg and module.name not in ("flywheel.console", "flywheel.catalog.migrations"):
            names.extend(_modules_of(module.name))
        elif not module.ispkg and not module.name.endswith("__main__"):
            names.append(module.name)
    return names
