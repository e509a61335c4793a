"""Models from elsewhere: received into the store, then walked through the same stages as any other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.remote_model import ask_address
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import latest_of
from flywheel.catalog.project import ProjectRecord
from flywheel.catalog.version import VersionRecord
from flywheel.domain.authority import Permission
from flywheel.domain.digests import Digest
from flywheel.domain.events import Verb
from flywheel.domain.payloads.walk import CycleStarted
from flywheel.domain.stages import CycleKind
from flywheel.errors import InputRefused, NotFound, Refused, Tampered, Unavailable
from flywheel.project.external.receiving import receive as read_model
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.tabular.external.estimator import External
from flywheel.project.tabular.external.terms import Form, Terms
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.modelling import research
from flywheel.services.modelling.scorers import load_model
from flywheel.services.modelling.trial import try_model
from flywheel.services.people.authority import permit
from flywheel.services.people.proof import Proof
from flywheel.services.walk import cycles
from flywheel.settings import Settings

PAUSES_SECONDS = (1.0, 5.0)
RECEIVED = "received"
"""The recipe's parameter that names the model as it came."""


@dataclass(frozen=True)
class Received:
    """A model that answered its golden rows and lies in the store."""

    model: FittedModel
    digest: Digest
    terms: Terms

    @property
    def recipe(self) -> Recipe:
        """What the walk takes up: the model as it came, by digest."""
        return self.model.recipe.with_params(self.model.recipe.settings | {RECEIVED: self.digest})


def receive(project: Project, signature: Path, *, settings: Settings, artifacts: Artifacts) -> Received:
    """Read a model and its signature, let it answer its golden rows, and keep it by digest.

    It is tried in a process of its own first. Later on the same bytes are opened: those of the digest.
    """
    try_model(project, signature, settings=settings)
    model = read_model(signature, Framing(project.charter), ask=ask_address)
    assert isinstance(model.estimator, External)
    return Received(model, research.keep(model, artifacts=artifacts), model.estimator.terms)


def bring_in(catalog: Catalog, *, project: str, received: Received, proof: Proof, reason: str) -> ProjectRecord:
    """Start the walk by which a received model becomes a version; whoever brings it counts as its author."""
    actor = permit(catalog, proof, Permission.BRING_IN, project=project)
    why = reason or f"{received.terms.release} of {received.terms.maker}"
    return cycles.start_cycle(
        catalog,
        project=project,
        kind=CycleKind.EXTERNAL,
        actor=actor,
        reason=why,
        key=proof.key,
        recipe=received.recipe.to_json(),
    )


def brought_in(catalog: Catalog, *, project: str) -> Recipe:
    """Read which model the present walk is about."""
    with catalog.begin() as work:
        event = latest_of(work.session, verb=Verb.CYCLE_STARTED, subject_id=project)
    recipe = event.said(CycleStarted).recipe if event else None
    if recipe is None:
        raise Refused(f"no external model is registered in {project}", next_step="`flywheel register-external`")
    return Recipe.from_json(recipe)


def ask_again(
    version: VersionRecord, *, artifacts: Artifacts, pauses: Sequence[float] = PAUSES_SECONDS
) -> tuple[int, str] | None:
    """Let a model behind an address answer its golden rows once more: how many there are, and why it failed.

    Only an address can answer otherwise tomorrow; of other models there is nothing to ask. One that does not answer is
    asked again after each pause: what it says wrongly counts at once, what it does not say may be the network's doing.
    """
    recipe = Recipe.from_json(version.recipe)
    if recipe.kind is not RecipeKind.EXTERNAL or recipe.settings["form"] != Form.HTTP:
        return None
    for pause in (*pauses, None):
        try:
            estimator = load_model(Digest(version.model_digest), artifacts=artifacts).estimator
            break
        except Unavailable as error:
            if pause is None:
                return 0, error.sentence()
            time.sleep(pause)
        except (InputRefused, Tampered, NotFound) as error:  # what cannot be asked has not answered
            return 0, error.sentence()
    assert isinstance(estimator, External)
    return len(estimator.terms.golden), ""


def refuse_retraining(champion: VersionRecord | None) -> None:
    """A model from elsewhere is made again where it was made."""
    recipe = Recipe.from_json(champion.recipe) if champion else None
    if recipe and champion and recipe.kind is RecipeKind.EXTERNAL:
        raise Refused(
            f"{recipe.settings.get('maker')} made {champion.id}, so it is not retrained here",
            found=recipe.settings.get("release"),
            next_step="ask its maker for a newer release, then `flywheel register-external`",
        )
