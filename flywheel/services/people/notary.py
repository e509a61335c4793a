"""The notary: the one process that judges what opens doors, attests what it has judged itself, and appends it.

A function that is `notarised` runs there, whoever calls it: elsewhere the call is a request, which bears what is asked
and what proves who asks, and never an event, a hash or anything else to sign.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints

from cryptography.fernet import Fernet, InvalidToken

from flywheel.catalog.engine import Catalog
from flywheel.catalog.notary_answer import find_answer, keep_answer
from flywheel.domain.digests import Digest, Json, canonical_json, digest_of, plain
from flywheel.domain.forms import is_form, read, read_as
from flywheel.errors import Conflict, FlywheelError, InputRefused, NotFound, Problem, Refused, Tampered, Unavailable
from flywheel.project.loader import Project, recorded_project
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.people.told_errors import raised, told
from flywheel.settings import Settings

Asked = ParamSpec("Asked")
Judged = TypeVar("Judged")


@dataclass(frozen=True)
class Bench:
    """What the notary judges with, and gives to nobody."""

    catalog: Catalog
    settings: Settings

    def own(self, kind: object) -> Any:
        """Give what a function takes that nobody can bring: the catalog, the keys over secrets, the settings."""
        made: Mapping[object, Callable[[], Any]] = {
            Catalog: lambda: self.catalog,
            Identity: lambda: Identity.of(self.settings),
            Settings: lambda: Settings.load(self.settings.home),  # read anew: a channel added later needs no restart
        }
        return made[kind]()


OWN = frozenset({Catalog, Identity, Settings})
ACTOR = "actor"
"""Who a program of ours says that it is; a person is never believed to act without a proof."""
PROGRAMS = ("steward", "flow:")


@dataclass(frozen=True)
class Shown:
    """What proves who decides, on its way to the notary."""

    person: str
    code: str = field(repr=False)
    channel: str
    key: str
    session: str = field(repr=False)


@dataclass(frozen=True)
class Brought:
    """A charter on its way to the notary."""

    path: str
    document: Mapping[str, Json]
    hooks: str | None
    digest: str
    undecided: tuple[Problem, ...]


@dataclass(frozen=True)
class Decision:
    """A function that the notary runs: what it takes and what comes of it."""

    act: Callable[..., Any]

    @property
    def name(self) -> str:
        """Name it in a request."""
        return f"{self.act.__module__.rpartition('.')[2]}.{self.act.__name__}"

    def written(self, given: Mapping[str, Any]) -> dict[str, Json]:
        """Write down what is asked; keys and catalog stay where they are."""
        return {name: _written(given[name]) for name, kind in self.takes.items() if kind not in OWN}

    def run(self, bench: Bench, said: Mapping[str, Json]) -> Json:
        """Read a request and judge it, here."""
        wanted = {name: kind for name, kind in self.takes.items() if kind not in OWN}
        if said.keys() != wanted.keys():
            raise InputRefused("this is no request for a decision", found=sorted(said), allowed=", ".join(wanted))
        _must_be_a_program(str(said.get(ACTOR, PROGRAMS[0])))
        given = {name: bench.own(kind) for name, kind in self.takes.items() if kind in OWN}
        given |= {name: _read(bench, kind, said[name]) for name, kind in wanted.items()}
        return plain(self.act(**given))

    @property
    def takes(self) -> dict[str, Any]:
        """Name what the function takes, by its types."""
        return {name: kind for name, kind in _hints(self.act).items() if name != "return"}

    @property
    def gives(self) -> Any:
        """Say what comes of it, as a type."""
        return _hints(self.act)["return"]


DECISIONS: dict[str, Decision] = {}
"""What the notary can be asked for, and nothing else: every function that is `notarised`."""


def notarised(
    act: Callable[Concatenate[Catalog, Asked], Judged],
) -> Callable[Concatenate[Catalog, Asked], Judged]:
    """Have a function run in the notary, whoever calls it."""
    decision = Decision(act)
    DECISIONS[decision.name] = decision
    signature = inspect.signature(act)

    @wraps(act)
    def asked(catalog: Catalog, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Judged:
        if catalog.notary is None:
            _must_be_a_program(str(kwargs.get(ACTOR, PROGRAMS[0])))
            return act(catalog, *args, **kwargs)
        given = signature.bind(catalog, *args, **kwargs)
        given.apply_defaults()
        answer = catalog.notary.ask(decision.name, decision.written(given.arguments))
        result: Judged = _result(decision, answer)
        return result

    return asked


def answer(bench: Bench, request: Mapping[str, Json]) -> Json:
    """Answer a request: with what came of the decision, or with why there is none.

    The same request again, with the same number drawn by who asks, is not judged anew and gets the same answer.
    """
    name, said = str(request.get("decision")), request.get("said")
    try:
        if name == "":
            return {"gave": bench.catalog.is_there()}
        if name not in DECISIONS or not isinstance(said, dict):
            raise NotFound("the notary knows no such decision", found=name, allowed=", ".join(sorted(DECISIONS)))
        return _judged_once(bench, DECISIONS[name], said, digest_of(request))
    except FlywheelError as error:
        return {"refused": told(error)}


def _judged_once(bench: Bench, decision: Decision, said: Mapping[str, Json], request: Digest) -> Json:
    """Decide and keep the answer in one transaction, or find what was answered when it was decided."""
    cipher = Identity.of(bench.settings).cipher
    with bench.catalog.begin() as work:
        kept = find_answer(work.session, request)
        if kept is not None:
            return _opened(cipher, kept, request)
        try:
            gave: Json = {"gave": decision.run(replace(bench, catalog=bench.catalog.within(work)), said)}
        except (Unavailable, Conflict):
            raise  # nothing was decided: whoever asks again is judged
        except FlywheelError as error:
            gave = {"refused": told(error)}
        keep_answer(work.session, request, cipher.encrypt(canonical_json([request, gave]).encode()))
    return gave


def _opened(cipher: Fernet, kept: bytes, request: Digest) -> Json:
    """Read an answer that was kept; one that somebody put in another's place is none."""
    try:
        about, gave = json.loads(cipher.decrypt(kept))
    except InvalidToken:
        about, gave = "", None
    if about != request:
        raise Tampered(
            "what the notary answered before is not what it kept",
            next_step="find out who can write to the database; look whether it was decided: `flywheel events list`",
        )
    return cast("Json", gave)


def is_carried(kind: object) -> bool:
    """Whether values of a type can be sent to the notary and back."""
    return kind in OWN or kind in {Proof, Project} or is_form(kind)


def _must_be_a_program(actor: str) -> None:
    """Refuse who acts without a proof in any name but a program's."""
    steward, flow = PROGRAMS
    if actor != steward and not (actor.startswith(flow) and actor.removeprefix(flow).replace("_", "").isalnum()):
        raise Refused(
            "nothing proves who decides this: it would be attested in the name of a person",
            found=actor,
            allowed=f"{steward} or {flow}STAGE; people decide with a code or a session",
        )


def _result(decision: Decision, answer: Json) -> Any:
    assert isinstance(answer, dict)
    if "refused" in answer:
        raise raised(answer["refused"])
    return read_as(decision.gives, answer["gave"])


@cache
def _hints(act: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(act, localns={"Json": Any})


def _written(value: Any) -> Json:
    if isinstance(value, Proof):
        return plain(Shown(value.person, value.code, value.channel, value.key, value.session))
    if isinstance(value, Project):
        hooks = value.hook_source.text if value.hook_source else None
        return plain(Brought(str(value.path), value.document, hooks, value.digest, value.undecided))
    return plain(value)


def _read(bench: Bench, kind: Any, said: Json) -> Any:
    if kind is Proof:
        shown = read(Shown, said)
        identity = Identity.of(bench.settings)
        return Proof(identity, shown.person, shown.code, shown.channel, shown.key, shown.session)
    if kind is Project:
        brought = read(Brought, said)
        made = recorded_project(Path(brought.path), brought.document, brought.hooks, digest=brought.digest)
        return replace(made, undecided=brought.undecided)
    return read_as(kind, said)
