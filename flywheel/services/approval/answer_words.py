"""Words of one's own for each answer: a code in Prefect's form proves who answers, and the words prove what.

The notary makes them under a key of its own and sends them to the person alone. Nothing is kept: a changed dossier
makes new ones.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import read_people, roles_of
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain.answer_words import Saying, as_typed, sayings
from flywheel.domain.authority import SIGNING
from flywheel.domain.digests import Digest, digest_of
from flywheel.errors import Refused
from flywheel.services.approval.matters import Matter, matter_of
from flywheel.services.people.delegations import lent_roles
from flywheel.services.people.identity import Identity, code_refused
from flywheel.services.people.notary import notarised
from flywheel.services.people.telling import Word, tell

SHOWN_LETTERS = len("sha256:") + 12


@dataclass(frozen=True)
class Asked:
    """Who answers about which dossier, and how often that person has answered about it before."""

    person: str
    matter: Matter
    dossier: Digest
    given_before: int

    @classmethod
    def of(cls, work: UnitOfWork, matter: Matter, person: str) -> Asked:
        """Take it from the record."""
        assert matter.digest is not None, "nobody is asked about what is not there yet"
        given = (one for one in signoffs_of(work.session, matter.name) if one.digest == matter.digest)
        return cls(person, matter, matter.digest, sum(one.person == person for one in given))


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
        place, authors = matter.project, matter.authors
        for holder in read_people(work.session, authors=authors):
            if not holder.has_secret or holder.person in authors:
                continue
            asked = Asked.of(work, matter, holder.person)
            roles = roles_of(work.session, person=holder.person, project=place, authors=authors)
            may = SIGNING & {*roles, *lent_roles(work, project=place, authors=authors, person=holder.person)}
            if may & matter.terms.quorum.keys() and not asked.given_before:
                _send(work, identity, asked, sayings(may), key="all")
    return True


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


def _send(work: UnitOfWork, identity: Identity, asked: Asked, said: Iterable[Saying], *, key: str) -> None:
    lines = "".join(f"  {_words(identity, asked, one)}   {one.sentence()}\n" for one in said)
    word = Word(
        _title(asked),
        f"You are asked to sign {asked.matter.title}, {asked.matter.paper.name} {asked.dossier[:SHOWN_LETTERS]}. "
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
