"""Rewrites of prediction logs: the notary makes each again of the segments that it replaces, and attests no other.

Whoever has the record's key can say that a log was put together row for row; here nobody is believed who says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flywheel.adapters.predictions.chain import NAME, Chain, Place, fault_of, log_of
from flywheel.adapters.predictions.chaining import Part, Rewrite, carry_out, digest_of_lines, plan_rewrite
from flywheel.adapters.predictions.remaking import is_remade, remade
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.domain.authority import Permission
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.serving import PredictionsRewritten
from flywheel.errors import Conflict, Refused, Tampered
from flywheel.services.people.authority import perform
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof
from flywheel.services.watching.prediction_logs import examine, known_logs, project_of, told_of
from flywheel.settings import Settings

COMPACTION = "compaction: small segments were put together into large ones, row for row"
COMPACTOR = "steward"


@dataclass(frozen=True)
class Asked:
    """A rewrite of a log on its way to the notary."""

    log: str
    before: Place
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, rewrite: Rewrite) -> Asked:
        """Say what is to be attested."""
        return cls(log_of(rewrite.folder), rewrite.before, rewrite.parts)


@notarised
def attest_compaction(catalog: Catalog, *, settings: Settings, asked: Asked) -> None:
    """Tell the record that segments are put together, once each was made again of the same rows."""
    rewrite = _made_again(catalog, settings, asked, entity=None)
    with catalog.begin() as work:
        _announce(work, rewrite, reason=COMPACTION, actor=COMPACTOR)


@notarised
def attest_erasure(
    catalog: Catalog,
    *,
    settings: Settings,
    proof: Proof,
    project: str,
    entity: str,
    reason: str,
    asked: tuple[Asked, ...],
) -> None:
    """Tell the record that a person takes an entity out of a project's logs, once the rest was made again as it was."""
    _must_be_of(project, asked)
    rewrites = [_made_again(catalog, settings, one, entity=entity) for one in asked]
    _announce_all(catalog, proof, Permission.ERASE, rewrites, project=project, reason=f"erasure: {reason.strip()}")


@notarised
def attest_set_aside(
    catalog: Catalog, *, settings: Settings, proof: Proof, project: str, reason: str, asked: tuple[Asked, ...]
) -> None:
    """Tell the record that a person has nothing count any more that is gone or was altered, and nothing else."""
    _must_be_of(project, asked)
    rewrites = [_planned(catalog, settings, one) for one in asked]
    for rewrite in rewrites:
        if rewrite.made or any(not fault_of(rewrite.folder, line) for line in rewrite.replaced):
            raise Refused(f"not all that is to be set aside of the prediction log of {project} was altered")
    _announce_all(catalog, proof, Permission.SET_ASIDE, rewrites, project=project, reason=f"altered: {reason.strip()}")


def complete(rewrite: Rewrite) -> None:
    """Do what was announced."""
    if not carry_out(rewrite):
        log = log_of(rewrite.folder)
        raise Conflict(f"the prediction log of {log} was changed while it was rewritten", next_step="try again")


def _must_be_of(project: str, asked: Sequence[Asked]) -> None:
    if any(project_of(one.log) != project for one in asked):
        raise Refused(f"this is no prediction log of {project}", found=[one.log for one in asked])


def _made_again(catalog: Catalog, settings: Settings, asked: Asked, *, entity: str | None) -> Rewrite:
    """Plan what is asked for, and refuse it where its rows are not those that come of the segments it replaces."""
    rewrite = _planned(catalog, settings, asked)
    if entity is not None and any(len(part.replaced) != 1 for part in asked.parts):
        raise Refused(f"an erasure in the prediction log of {asked.log} replaces segments one by one")
    found = remade(rewrite.folder, asked.parts, entity=entity, home=settings.home, logs=settings.logs_root)
    for part, said in zip(asked.parts, found, strict=True):
        if not is_remade(part, said):
            names = ", ".join(line.name for line in part.replaced[:3])
            raise Refused(
                f"the prediction log of {asked.log} stays as it is: what is to replace {names} holds other rows",
                next_step="find out which program asked for it, and who could write to the folder of predictions",
            )
    return rewrite


def _planned(catalog: Catalog, settings: Settings, asked: Asked) -> Rewrite:
    """Read the log here, and plan on it what is asked for."""
    root = settings.predictions_root
    if asked.log not in known_logs(catalog, root):
        raise Refused("the notary finds no such prediction log", found=asked.log, allowed=f"a folder in {root}")
    folder = root / asked.log
    examined = examine(catalog, folder)
    if examined.problems:
        raise Tampered(told_of(asked.log, examined.problems[0]), next_step="`flywheel events verify` names all of it")
    chain = examined.chain
    if not chain.holds(asked.before):
        raise Conflict(f"the prediction log of {asked.log} was changed meanwhile", next_step="try again")
    begun = replace(chain, lines=chain.lines[: asked.before.lines - 1], digests=chain.digests[: asked.before.lines])
    _must_count(begun, asked)
    return plan_rewrite(folder, begun, parts=asked.parts)


def _must_count(chain: Chain, asked: Asked) -> None:
    gone = [line for part in asked.parts for line in part.replaced]
    is_there = all(chain.counting.get(line.name) == line for line in gone)
    made = [part.made.name for part in asked.parts if part.made is not None]
    is_new = all(NAME.fullmatch(name) and name not in chain.counting for name in made)
    if not (is_there and is_new and len({line.name for line in gone}) == len(gone) and len({*made}) == len(made)):
        raise Refused(f"this replaces other segments than those that count in the prediction log of {asked.log}")


def _announce_all(
    catalog: Catalog, proof: Proof, action: Permission, rewrites: Sequence[Rewrite], *, project: str, reason: str
) -> None:
    def announced(work: UnitOfWork) -> None:
        for one in rewrites:
            _announce(work, one, reason=reason, actor=proof.who)

    perform(catalog, proof, action, announced, project=project)


def _announce(work: UnitOfWork, rewrite: Rewrite, *, reason: str, actor: str) -> None:
    """Say what a rewrite leaves out and brings, and why."""
    log = log_of(rewrite.folder)
    said = PredictionsRewritten(
        project_of(log),
        reason,
        rewrite.before.lines,
        rewrite.before.digest,
        rewrite.after.lines,
        rewrite.after.digest,
        len(rewrite.replaced),
        sum(line.rows for line in rewrite.replaced),
        digest_of_lines(rewrite.replaced),
        len(rewrite.made),
        sum(line.rows for line in rewrite.made),
        digest_of_lines(rewrite.made),
    )
    work.append(Draft(Verb.PREDICTIONS_REPLACED, actor, SubjectKind.ENDPOINT, log, rewrite.after.digest, said))
