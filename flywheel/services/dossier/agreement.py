"""What is agreed before anything is made, as those who sign it read it: as a page, on a terminal and in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.agreement import find_agreement
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain.digests import Digest, Json
from flywheel.errors import NotFound, counted
from flywheel.pages.figures import between, declared, money, percent
from flywheel.pages.pieces import block
from flywheel.pages.templating import filled
from flywheel.project.agreed import agreed_digest
from flywheel.project.charter.charter import Charter
from flywheel.services.data.return_estimate import return_of
from flywheel.services.dossier import charter as charter_says
from flywheel.services.standing.agreements import authors_of
from flywheel.services.terms.charters import submitted
from flywheel.services.terms.signed_before import changed_since_agreed

Sections = Mapping[str, Json]


@dataclass(frozen=True)
class AgreementText:
    """What people read and sign: nothing stands in it that its digest does not cover, but what it is called."""

    project: str
    title: str
    tier: str
    digest: Digest
    brief: str
    changes: tuple[Json, ...]
    """What it says otherwise than what people last signed."""
    sections: Sections


def agreement_text(catalog: Catalog, *, project: str, project_digest: str = "") -> AgreementText:
    """Write out what a charter asks people to agree on; of the charter that was registered last where none is named."""
    with catalog.look() as work:
        return _text(work, project, project_digest)


def agreement_page(catalog: Catalog, *, project: str, digest: str) -> str:
    """Lay what was filed under a digest out as a page, with who has signed it."""
    with catalog.look() as work:
        filed = find_agreement(work.session, project, digest)
        if filed is None:
            raise NotFound("people were never asked to agree on this", found=digest)
        text = _text(work, project, filed.project_digest)
        given = [one for one in signoffs_of(work.session, project) if one.digest == filed.digest]
        authors = authors_of(work, filed)
    signed: list[Json] = [
        {
            "who": one.person,
            "as": one.role.value + (f" for {one.on_behalf_of}" if one.on_behalf_of else ""),
            "answer": one.answer.value,
            "when": _moment(one.signed_at),
            "comment": one.comment,
        }
        for one in given
    ]
    shown = {**({"What changed since people last signed": list(text.changes)} if text.changes else {}), **text.sections}
    return filled(
        "agreed.html",
        title=text.title,
        tier=text.tier,
        brief=text.brief,
        digest=text.digest,
        sections=[(heading, block(value)) for heading, value in shown.items()],
        signed=block(signed) if signed else "",
        authors=", ".join(authors),
    )


def _text(work: UnitOfWork, project: str, project_digest: str) -> AgreementText:
    found = submitted(work, project, project_digest)
    changes = charter_says.changed(changed_since_agreed(work, project, found.digest))
    charter = found.charter
    return AgreementText(
        project,
        charter.title,
        charter.tier.value,
        agreed_digest(found),
        _brief(charter),
        tuple(changes),
        {heading: value for heading, value in sections_of(charter).items() if value},
    )


def sections_of(charter: Charter) -> Sections:
    """Say in words what is agreed on, part by part; what the charter says nothing of is left out."""
    return {
        "What is to be decided better": _problem(charter),
        "Money": _money(charter),
        "What stands for and against it besides money": charter_says.feasibility(charter),
        "Who is touched, and how much can go wrong": _touched(charter),
        "Targets": charter_says.targets(charter),
        "Risks": charter_says.risks(charter),
        "Whom it is for": charter_says.population(charter),
        "What is delivered": {"as": ", ".join(charter.deliver_as)},
        "What IT allows": charter_says.it_terms(charter),
        "By when": _dates(charter),
    }


def _brief(charter: Charter) -> str:
    """Say in two sentences what it is about and what it may bring."""
    about = charter.problem.objective if charter.problem else charter.title
    return " ".join(filter(None, (about, _hoped(charter))))


def _hoped(charter: Charter) -> str:
    estimate, value = return_of(charter), charter.value
    if estimate is None or value is None:
        return "Nobody has estimated the return."
    span = between(str(estimate.interval[0]), str(estimate.interval[1]))
    return f"Expected in the first year: {money(str(estimate.likely), value.currency)} (80 % range {span})."


def _problem(charter: Charter) -> Json:
    if charter.problem is None:
        return None
    said = charter.problem
    return {
        "today": said.statement,
        "better": said.objective,
        "the process": ", then ".join(said.process),
        "the model serves": said.decision,
        "not for": list(said.out_of_scope) or "nothing is named",
    }


def _money(charter: Charter) -> Json:
    value, estimate = charter.value, return_of(charter)
    if value is None:
        return None
    sums = getattr(value, charter.asks.money)
    paid: dict[str, Json] = {
        words.format(unit=value.unit): declared(str(getattr(sums, case)), value.currency)
        for case, words in charter.asks.money_words.items()
    }
    said: dict[str, Json] = {"decisions a year": value.volume_per_year, **paid}
    if value.loss_per_year is not None:
        said["lost today in a year"] = declared(str(value.loss_per_year), value.currency)
    if value.improvement is not None:
        guess = value.improvement
        said["share of it that may be avoided"] = (
            f"{percent(guess.likely)} ({percent(guess.low)} to {percent(guess.high)})"
        )
        said["chance that it works at all"] = percent(value.confidence, digits=0)
    spent = value.spending
    said["costs"] = {
        **{f"days of {kind}": days for kind, days in spent.people_days.items()},
        "a day costs": declared(str(spent.day_rate), value.currency),
        "compute": declared(str(spent.compute), value.currency),
        "data a year": declared(str(spent.data_per_year), value.currency),
    }
    if estimate is not None:
        said["expected in the first year"] = _hoped(charter).partition(": ")[2].removesuffix(".")
        said["chance of losing money"] = percent(estimate.chance_of_loss, digits=0)
    return said


def _dates(charter: Charter) -> Json:
    due = charter.timeline.due if charter.timeline else {}
    return {f"{stage.value} begins by": day.isoformat() for stage, day in due.items()}


def _touched(charter: Charter) -> Json:
    if charter.risk is None:
        return None
    said: dict[str, Json] = {
        "the answer is used for": charter.risk.purpose.value,
        "exposure": charter.risk.exposure.value,
        "the law watches": charter.risk.regulated,
        "risk tier": charter.tier.value,
    }
    if charter.value is not None:
        said["touches"] = (
            f"{counted(charter.value.volume_per_year, 'decision')} a year, each about one {charter.value.unit}"
        )
    return said


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
