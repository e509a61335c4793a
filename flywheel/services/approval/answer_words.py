"""Words of one's own for each answer: a code in Prefect's form proves who answers, and the words prove what.

The notary makes them under a key of its own and sends them to the person alone. Nothing is kept but how often that
person has answered, and was taken or refused: whatever words came with an answer count no more, nor does any other of
that dossier that was sent before. A changed dossier makes new ones.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.catalog.person import read_people, roles_of
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain.answer_words import FORM, Saying, as_typed, sayings
from flywheel.domain.authority import SIGNING
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.events import Draft, Verb
from flywheel.domain.payloads.approval import SignoffRefused
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused
from flywheel.services.approval.matters import Matter, matter_of
from flywheel.services.people.delegations import lent_roles
from flywheel.services.people.identity import Identity, code_refused
from flywheel.services.people.notary import notarised
from flywheel.services.people.telling import Word, tell

SHOWN_LETTERS = len("sha256:") + 12
NOT_THEIRS = "the form cannot be read, or names another person"
USED_UP = (
    "An answer in your name was not taken, and the words that came with it are used up; these take the place of all "
    "that you were sent before. "
)


@dataclass(frozen=True)
class Asked:
    """Who answers about which dossier, and how often that person has answered about it before, taken or refused."""

    person: str
    matter: Matter
    dossier: Digest
    given_before: int

    @classmethod
    def of(cls, work: UnitOfWork, matter: Matter, person: str) -> Asked:
        """Take it from the record."""
        assert matter.digest is not None, "nobody is asked about what is not there yet"
        given = (one for one in signoffs_of(work.session, matter.name) if one.digest == matter.digest)
        refused = events_of(work.session, verb=Verb.SIGNOFF_REFUSED, subject_id=matter.name)
        spent = (one for one in refused if one.said(SignoffRefused).words_of == matter.digest)
        taken = sum(one.person == person for one in given)
        return cls(person, matter, matter.digest, taken + sum(one.actor == person for one in spent))


@notarised
def send_words(catalog: Catalog, *, identity: Identity, version: str) -> bool:
    """Send whoever is asked about a version, or about what is agreed in a project, each answer's words once.

    Say whether the form asks for them.
    """
    if not identity.asks_words:
        return False
    with catalog.begin() as work:
        matter = matter_of(work, version)
        if matter.terms is None or matter.digest is None:
            return True
        for asked, may in _asked(work, matter):
            if may & matter.terms.quorum.keys() and not asked.given_before:
                _send(work, identity, asked, sayings(may), key="all")
    return True


@notarised
def spend_words(catalog: Catalog, *, identity: Identity, version: str, words: str) -> bool:
    """Use words up, whoever of those asked was sent them: they came with an answer that nobody could take as theirs."""
    if not identity.asks_words:
        return False
    with catalog.begin() as work:
        matter = matter_of(work, version)
        for asked, _ in _asked(work, matter):
            if are_words(identity, asked, words):
                send_again(work, identity, asked)
                said = SignoffRefused(matter.project, asked.person, FORM, "", NOT_THEIRS, words_of=asked.dossier)
                work.append(Draft(Verb.SIGNOFF_REFUSED, asked.person, matter.kind, matter.name, asked.dossier, said))
                return True
    return False


def are_words(identity: Identity, asked: Asked, typed: str, *, conditions: Conditions = NONE) -> bool:
    """Whether a person was sent what is typed, for whichever answer, with these conditions or none."""
    said = (*sayings(SIGNING), *sayings(SIGNING, conditions))
    return as_typed(typed) in {as_typed(_words(identity, asked, one)) for one in said}


def send_again(work: UnitOfWork, identity: Identity, asked: Asked) -> Asked:
    """Send a person new words for each answer, since some of those before are used up; gives what they stand for."""
    after = replace(asked, given_before=asked.given_before + 1)
    _send(work, identity, after, sayings(_roles(work, asked.matter, asked.person)), key="all", why=USED_UP)
    return after


def must_be_worded(identity: Identity, asked: Asked, saying: Saying, *, typed: str) -> None:
    """Refuse an answer whose words are missing or are another's; a wrong word counts like a wrong code."""
    if _are_words(identity, asked, saying, typed):
        return
    answer = f"({saying.sentence()})"
    next_step = f"they are in the mail to {asked.person} named {_title(asked)!r}: write them beside the code shown then"
    if as_typed(typed):
        meant = next((one for one in sayings(SIGNING) if _are_words(identity, asked, one, typed)), None)
        what = f"these are not the words of this answer {answer}"
        if meant is not None:
            what += f" but those of {meant.sentence()!r}: if that was your answer, somebody altered it on its way"
        raise code_refused(what, person=asked.person, next_step=next_step)
    raise Refused(f"the words of this answer {answer} are missing", next_step=next_step)


def send_words_of(work: UnitOfWork, identity: Identity, asked: Asked, saying: Saying) -> None:
    """Send the words of one answer to whoever has just given it without them, and with a right code."""
    _send(work, identity, asked, (saying,), key=digest_of(saying.sentence()))


def said_in_form(
    work: UnitOfWork, identity: Identity, *, matter: Matter, person: str, saying: Saying, key: str
) -> None:
    """Tell a person what the form brought in their name: a comment has no words, and not every form asks for some."""
    word = Word(
        f"Your answer about {matter.title}: {saying.answer.value}",
        f"Prefect's form brought {saying.sentence()!r} about {matter.title} with your one-time code. Where you "
        "answered otherwise, somebody altered it on its way: "
        f"{matter.paper.taken_back.format(name=matter.name, person=person)}, and tell your administrator.",
    )
    tell(work, identity, person=person, word=word, key=key)


def _asked(work: UnitOfWork, matter: Matter) -> Iterator[tuple[Asked, frozenset[Role]]]:
    """Go through whoever can answer, each with the roles in which they can."""
    for holder in read_people(work.session, authors=matter.authors):
        if matter.digest is not None and holder.has_secret and holder.person not in matter.authors:
            yield Asked.of(work, matter, holder.person), _roles(work, matter, holder.person)


def _roles(work: UnitOfWork, matter: Matter, person: str) -> frozenset[Role]:
    """Say in which roles somebody can answer."""
    held = roles_of(work.session, person=person, project=matter.project, authors=matter.authors)
    return SIGNING & {*held, *lent_roles(work, project=matter.project, authors=matter.authors, person=person)}


def _send(
    work: UnitOfWork, identity: Identity, asked: Asked, said: Iterable[Saying], *, key: str, why: str = ""
) -> None:
    lines = "".join(f"  {_words(identity, asked, one)}   {one.sentence()}\n" for one in said)
    word = Word(
        _title(asked),
        f"{why}You are asked to sign {asked.matter.title}, {asked.matter.paper.name} {asked.dossier[:SHOWN_LETTERS]}. "
        f"Read it by `flywheel sign {asked.matter.name} --show`, wherever the form's link leads. "
        f"Where you answer in Prefect's form, write the words of your answer beside your one-time code:\n\n{lines}\n"
        "Show them to nobody: they prove that an answer in your name is the one that you gave. Conditions have "
        "words of their own, which are sent once the form has brought the conditions. `flywheel sign` asks for none.",
    )
    about = f"words:{asked.matter.name}:{asked.dossier}:{asked.given_before}:{key}"
    tell(work, identity, person=asked.person, word=word, key=about)


def _title(asked: Asked) -> str:
    return f"Flywheel: your words for {asked.matter.title}"


def _are_words(identity: Identity, asked: Asked, saying: Saying, typed: str) -> bool:
    return hmac.compare_digest(as_typed(_words(identity, asked, saying)).encode(), as_typed(typed).encode())


def _words(identity: Identity, asked: Asked, saying: Saying) -> str:
    return identity.words_of(
        saying,
        person=asked.person,
        version=asked.matter.name,
        dossier=asked.dossier,
        given_before=asked.given_before,
    )
