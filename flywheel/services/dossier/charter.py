"""What a charter says that a signer must see: purpose, risk, people, and what happens once it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flywheel.domain.digests import Json, plain
from flywheel.errors import counted
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.derived import known_columns
from flywheel.project.charter.stages import SignalBlock
from flywheel.project.framing import Framing
from flywheel.project.problems.telling import Measured, Year
from flywheel.project.rule import rule_in_words
from flywheel.project.stage_inputs import Change
from flywheel.project.tabular.recipe import columns_of
from flywheel.services.data.return_estimate import return_of


def purpose(charter: Charter) -> dict[str, Json]:
    """Say what it decides, and for whom."""
    framing, problem = Framing(charter), charter.problem
    said: dict[str, Json] = {"unit": framing.unit, "currency": framing.currency}
    if charter.data is not None and charter.data.target:
        said |= {"predicts": framing.problem.predicts(framing.unit), "decides": framing.problem.decides}
    if charter.value is not None:
        said["volume"] = f"{counted(charter.value.volume_per_year, 'decision')} a year, each about one {framing.unit}"
    if problem is None:
        return said
    stated = {"problem": problem.statement, "objective": problem.objective, "decision": problem.decision}
    stated["process"] = ", then ".join(problem.process)
    return {**stated, "out_of_scope": list(problem.out_of_scope), **said}


def changed(since: Iterable[Change]) -> list[Json]:
    """Say key by key what it says otherwise than when people last signed; of lists what went and what came."""
    return [
        {"key": one.key, "before": _without(one.before, one.now), "now": _without(one.now, one.before)} for one in since
    ]


def told(charter: Charter, met: Mapping[str, Json], estimate: Json) -> dict[str, Json]:
    """Tell in the words of the kind of problem what decisions bring, how it decided, and what a better one is worth."""
    if charter.data is None or not charter.data.target:
        return {}
    framing, measured = Framing(charter), Measured.of(met)
    kind = {key: plain(value) for key, value in vars(framing.problem.told(measured)).items()}
    cases = kind.pop("cases")
    if measured is not None and isinstance(estimate, dict):
        year = Year(framing.currency, int(str(estimate["decisions"])), float(str(estimate["cost"])))
        kind["worth"] = plain(framing.problem.worth(measured, year))
    return {"payoff": {"is_stated": charter.value is not None, "cases": cases}, "kind": kind}


def ways(charter: Charter) -> dict[str, str]:
    """Name the two ways in which decisions change by the words of the kind of problem."""
    up, down = Framing(charter).problem.ways if charter.data and charter.data.target else ("yes", "no")
    return {"to_yes": f"to “{up}”", "to_no": f"to “{down}”"}


def forbidden(charter: Charter, recipe: Mapping[str, Json]) -> tuple[str, ...]:
    """Name the declared columns of a recipe by which this charter lets no model decide."""
    if charter.data is None:
        return ()
    own, read = columns_of(recipe)
    usable = {column.name for column in Framing(charter).columns}
    barred = {one.name for one in known_columns(charter.data) if one.barred}
    return tuple(sorted(((set(own) - usable) | (barred & set(read))) & charter.data.columns.keys()))


def derived(charter: Charter, features: Mapping[str, str]) -> dict[str, Json]:
    """Show derived features as written, with their units and what people expect of them; of own code, which it is."""
    wanted, meant = frozenset(features), Framing(charter).derived
    by_code: dict[str, Json] = {
        name: {"is": text, "unit": "", "expect": ""} for name, text in features.items() if name not in charter.features
    }
    return by_code | {
        name: {"is": one.text, "unit": one.unit or meant.unit(name), "expect": one.expect or ""}
        for name, one in charter.features.items()
        if name in wanted
    }


def purposes(charter: Charter) -> dict[str, Json]:
    """Say for what each source may be used, as the charter declares it; nothing where it declares none."""
    return {name: one.purpose for name, one in charter.data.sources.items()} if charter.data else {}


def expected(charter: Charter, at_ideation: Mapping[str, Json]) -> Json:
    """Say what the charter expects of the first year, and where it stood among the ideas of its day."""
    estimate = return_of(charter)
    if estimate is None or charter.value is None:
        return None
    said = {key: plain(value) for key, value in vars(estimate).items()}
    then = at_ideation.get("estimate")
    if isinstance(then, dict) and then.get("likely") == said["likely"]:
        said |= {key: then[key] for key in ("quadrant", "reason")}
    return {**said, "decisions": charter.value.volume_per_year}


def feasibility(charter: Charter) -> Json:
    """Say what stands for and against the idea besides money."""
    return plain(charter.feasibility.model_dump(mode="json")) if charter.feasibility else None


def risk(charter: Charter) -> Json:
    """Give the answers from which the tier follows."""
    return plain(charter.risk.model_dump(mode="json", exclude_none=True)) if charter.risk else None


def risks(charter: Charter) -> list[Json]:
    """List the register of risks, with what is done about each and who answers for it."""
    return [
        {
            "risk": one.what,
            "likelihood": one.likelihood,
            "harm": one.harm,
            "what is done": one.answer or "nothing is said",
            "who answers": one.owner or "nobody is named",
        }
        for one in charter.risks
    ]


def targets(charter: Charter) -> list[Json]:
    """List what is to be reached, and who measures it: a gate on the test rows, or people."""
    return [
        {
            "target": one.name,
            "today": one.before,
            "wanted": one.target,
            "by": one.by.isoformat() if one.by else "from the first version on" if one.measure else "",
            "measured": f"{one.measure}, on the test rows (PERF-016)" if one.measure else "",
            "reported by people": one.reported_by or "",
        }
        for one in charter.kpis
    ]


def population(charter: Charter) -> dict[str, Json]:
    """Say whom the model is for, and by what a row outside is known."""
    if charter.population is None:
        return {}
    said: dict[str, Json] = {"who": charter.population.who}
    for name, one in charter.population.columns.items():
        ends = (f"{end:g}" if isinstance(end, float) else str(plain(end)) for end in one.between or ())
        said[name] = ", ".join(one.among) or " to ".join(ends)
    if charter.population.min_rows is not None:
        said["rows at least"] = charter.population.min_rows
    if charter.population.columns:
        said["a row outside"] = "closes DATA-001, is flagged by the endpoint, and rings INPUT-001"
    return said


def it_terms(charter: Charter) -> dict[str, Json]:
    """Say what those who run it allow, and where each is held."""
    if charter.it is None:
        return {}
    said: dict[str, Json] = {}
    if charter.it.deliverable:
        said["deliverable"] = charter.it.deliverable
    if charter.it.max_latency_ms is not None:
        said["95 % of answers within"] = f"{charter.it.max_latency_ms:g} ms in the model (PERF-014)"
    if charter.it.max_package_mb is not None:
        said["package of at most"] = f"{charter.it.max_package_mb:g} MB (PERF-014)"
    if charter.it.no_egress:
        said["data stay inside"] = "no model behind an address is received"
    return said


def people(charter: Charter) -> dict[str, Json]:
    """Name who owns it and who speaks for what."""
    said: dict[str, Json] = {"owner": charter.owner}
    spoken = charter.stakeholders.model_dump(mode="json")
    said |= {role: ", ".join(names) for role, names in spoken.items() if names}
    return said


def waivers(charter: Charter) -> list[Json]:
    """List what the charter itself excuses about its data, and who answers for it up to which day."""
    return [
        {
            "id": "in the charter",
            "about": "its data",
            "code": one.check,
            "finding": one.column,
            "until": one.until.isoformat(),
            "by": charter.owner,
            "owner": one.owner,
            "reason": one.reason,
            "ended by": "",
        }
        for one in (charter.data.waivers if charter.data else ())
    ]


def plan(charter: Charter) -> Json:
    """Say what is watched, who is paged and what stands in; nothing where nothing is planned."""
    said: dict[str, Json] = {}
    if charter.monitoring is not None:
        watched = [_signal(signal) for signal in charter.monitoring.signals]
        said |= {
            "traffic judged every": str(charter.monitoring.every),
            "signals and actions": list(watched),
            "paged": ", ".join(charter.monitoring.page),
        }
    if charter.delivery is not None:
        said["fallback when it may not serve"] = ", then ".join(charter.delivery.fallback)
        if rule := rule_in_words(charter):
            said["the business rule"] = rule
    if charter.retraining is not None:
        said["retrained every"] = str(charter.retraining.every)
    return said or None


def _without(value: Json, other: Json) -> str:
    """Write a value of a charter in one line, of a list only what the other does not hold."""
    if isinstance(value, list):
        items = [one for one in value if one not in other] if isinstance(other, list) else value
        return "; ".join(map(_in_line, items)) or "nothing"
    return "not stated" if value is None else _in_line(value)


def _in_line(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_line(one)}" for name, one in value.items() if one not in (None, [], {}))
    if isinstance(value, list):
        return f"[{', '.join(map(_in_line, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _signal(signal: SignalBlock) -> str:
    where = "" if signal.columns == "all" else f" in {', '.join(signal.columns)}"
    where += f" in all columns but {', '.join(signal.exempt)}" if signal.exempt else ""
    return f"{signal.watch.value}{where}: {signal.action.value}"
