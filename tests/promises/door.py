"""The door as a state machine: people, time, gates and releases at random, held against a small model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json
from flywheel.domain.gates import Verdict
from flywheel.domain.signoffs import Answer, Role
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, upkeep
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, enrol, enrolled, resolved
from tests.factories.projects import registered
from tests.factories.versions import CODES, judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock
from tests.promises.door_hands import Hands
from tests.promises.door_model import ADA, LAST, MONTH, PARITY, POLICY, YEAR, Dossier, Flaw, Loans, Word
from tests.promises.door_stories import STORIES, Story

PEOPLE = (OWNER, BEN, VERA, VIKTOR, IVAN)
ROLES = {OWNER: Role.OWNER, BEN: Role.BUSINESS, VERA: Role.VALIDATOR, VIKTOR: Role.VALIDATOR, IVAN: Role.IT}
LIKELY = (Verdict.PASSED, Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.WARNED, Verdict.ERROR)
DOOR, PEN, SAFETY = (
    f"{what} and the model disagree" for what in ("the door", "who may sign", "whether it may go on serving")
)
numbers = count(1)


class Door(RuleBasedStateMachine):
    """People, time, gates and releases at random, held against the model above."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock

    @initialize()
    def begin(self) -> None:
        slug = f"p{next(numbers)}"
        registered(self.catalog, slug, policy=POLICY)
        self.people = enrol(self.catalog, self.identity, *PEOPLE, project=slug)
        self.people[ADA] = enrolled(self.catalog, self.identity, ADA, roles={slug: {Role.ADMIN}})
        self.version = registered_version(self.catalog, slug)
        self.hands = Hands(self.catalog, self.identity, self.clock, self.version, self.people, numbers)
        self.verdicts: dict[str, Verdict] = {}
        self.loans = Loans()
        self.served: Dossier | None = None
        self.released: Dossier | None = None
        self.is_withdrawn = self.is_asked = self.is_broken = self.has_served = self.is_remade = False
        self.flaws: list[Flaw] = []
        self.new_dossier()
        self.make_again(True)
        self.judge(set(CODES), Verdict.PASSED)

    @rule()
    def new_dossier(self) -> None:
        self.shown = with_dossier(self.catalog, self.version, content=f"dossier {next(numbers)}")
        self.dossier = Dossier()

    @rule(codes=st.sets(st.sampled_from(CODES), min_size=1), verdict=st.sampled_from(LIKELY))
    def judge(self, codes: set[str], verdict: Verdict) -> None:
        judged(self.catalog, self.version, codes=tuple(codes), verdict=verdict, key=f"k{next(numbers)}")
        self.verdicts |= dict.fromkeys(codes, verdict)

    @rule(is_same=st.sampled_from([True, True, True, False]))
    def make_again(self, is_same: bool) -> None:
        self.hands.make_again(is_same=is_same)
        self.is_remade = is_same

    @rule(days=st.sampled_from([1, 20, 340]))
    def time_goes_by(self, days: int) -> None:
        self.clock.move(timedelta(days=days))

    @rule(
        person=st.sampled_from(PEOPLE),
        role=st.sampled_from([None, None, Role.BUSINESS, Role.VALIDATOR]),
        answer=st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.REWORK, Answer.REJECT]),
        is_major=st.sampled_from([False, False, False, True]),
        days=st.sampled_from([0, 0, 0, 8]),
    )
    def sign(self, person: str, role: Role | None, answer: Answer, is_major: bool = False, days: int = 0) -> None:
        self.clock.move(timedelta(seconds=30))
        is_major, days = is_major and answer is Answer.APPROVE, days if answer is Answer.APPROVE else 0
        word = self._word(person, role, answer, is_major=is_major, days=days)
        is_heard = word is not None and self._may_say(person, word)
        assert self.hands.is_accepted(self.shown, person, role, answer, is_major=is_major, days=days) == is_heard, PEN
        if is_heard and word is not None:
            self.dossier.words.setdefault(person, []).append(word)
            self._keep_to_the_words()

    @rule(person=st.sampled_from([BEN, VERA, VIKTOR, IVAN]))
    def withdraw(self, person: str) -> None:
        self.clock.move(timedelta(seconds=30))
        said = self.dossier.words.get(person, [])
        may = bool(said) and said[-1].answer is Answer.APPROVE and not said[-1].withdrawn
        is_in_business = self.served is not None
        assert self.hands.is_taken_back(person) == may, PEN
        if may:
            number = next(numbers)
            self.dossier.words[person] = [
                replace(word, withdrawn=word.withdrawn or number) if word.answer is Answer.APPROVE else word
                for word in said
            ]
            self.is_asked |= is_in_business
            self._keep_to_the_words()

    @rule(giver=st.sampled_from([VERA, VIKTOR, OWNER, BEN]), receiver=st.sampled_from([IVAN, VIKTOR, OWNER]))
    def lend(self, giver: str, receiver: str) -> None:
        self.clock.move(timedelta(seconds=30))
        may = ROLES[giver] is Role.VALIDATOR and receiver not in {OWNER, giver}
        until_at = self.clock() + timedelta(days=10)
        assert self.hands.is_lent(giver, receiver, until_at) == may, PEN
        if may:
            self.loans.given.append((giver, receiver, until_at))

    @rule(person=st.sampled_from([ADA, ADA, BEN]), witness=st.sampled_from([VERA, IVAN, OWNER, ADA]))
    def break_the_glass(self, person: str, witness: str) -> None:
        self.clock.move(timedelta(seconds=30))
        now = self.clock()
        may = (
            (person == ADA and witness not in {ADA, OWNER})
            and (self.is_good and self.is_remade and not self.is_broken and self.served is None)
            and not (self.dossier.is_granted(now) or self.dossier.has_objections())
        )
        assert self.hands.is_broken(person, witness) == may, PEN
        if may:
            self.is_broken = self.is_asked = True
            self.dossier.glass_until_at = now + timedelta(hours=12)
            self.flaws.append(Flaw(glass_until_at=self.dossier.glass_until_at))

    @rule(person=st.sampled_from([VERA, BEN, OWNER]))
    def open_finding(self, person: str) -> None:
        self.clock.move(timedelta(seconds=30))
        self.hands.open_finding(person)
        self.flaws.append(Flaw())

    @precondition(lambda self: self.flaws)
    @rule(
        person=st.sampled_from([VERA, VERA, BEN, OWNER]),
        owner=st.sampled_from([IVAN, BEN, VERA]),
        with_code=st.sampled_from([True, True, False]),
    )
    def bear(self, person: str, owner: str, with_code: bool) -> None:
        self.clock.move(timedelta(seconds=30))
        until_at = self.clock() + timedelta(days=15)
        may = person == VERA and (with_code or owner == VERA)
        assert self.hands.is_borne(person, owner, until_at, with_code=with_code) == may, PEN
        if may:
            self.flaws[0].borne_until_at = until_at

    @rule()
    def close_findings(self) -> None:
        self.hands.close_findings(VERA)
        self.flaws.clear()

    @rule()
    def look_after_endpoints(self) -> None:
        upkeep.keep_to_standings(self.catalog, actor="steward")
        self._keep_to_the_words()

    @rule()
    def answer_the_question(self) -> None:
        for one in incidents.list_incidents(self.catalog, project=self.version.project, is_unresolved=True):
            resolved(self.catalog, incident=one.id, resolution="answered", actor=OWNER)
        self.is_asked = False

    @rule(verdict=st.sampled_from(LIKELY))
    def approve_all_and_try(self, verdict: Verdict) -> None:
        self.judge(set(CODES), Verdict.PASSED)
        self.approve_all()
        self.judge(set(CODES), verdict)
        self.release_a_swapped_package()
        self.release()

    def approve_all(self) -> None:
        for person in (VERA, VIKTOR, BEN):
            self.sign(person, None, Answer.APPROVE)

    @rule(story=st.sampled_from(tuple(STORIES.values())))
    def live_through(self, story: Story) -> None:
        for name, *given in story:
            getattr(self, name)(*given)

    @rule()
    def release(self) -> None:
        package = make_package(self.version) | {"tag": str(next(numbers))}
        assert self.hands.is_let_in(package) == self.may_serve, DOOR
        if self.may_serve:
            self.served, self.is_withdrawn, self.has_served = self.dossier, False, True
            self.released = self.dossier

    @rule()
    def bring_back(self) -> None:
        self.clock.move(timedelta(seconds=30))
        is_welcome = self.has_served and self.is_withdrawn and self.may_serve
        assert self.hands.is_brought_back(OWNER) == is_welcome, DOOR
        if is_welcome:
            self.served, self.is_withdrawn = self.dossier, False
            self.released = self.dossier

    @rule()
    def release_a_swapped_package(self) -> None:
        package: dict[str, Json] = {"uri": "bento", "digest": f"sha256:{next(numbers)}", "tag": "t"}
        assert not self.hands.is_let_in(package), DOOR

    @precondition(lambda self: self.may_serve)
    @rule()
    def release_what_may_serve(self) -> None:
        self.release()

    @property
    def may_serve(self) -> bool:
        """The model of the door: every required code passed, it was made again, signatures carry it, nothing is open.

        A glass opens a grave finding, which it bears itself for its hours and nobody after them.
        """
        is_flawed = any(flaw.closes_the_door(self.clock()) for flaw in self.flaws)
        is_good = not is_flawed and self.is_remade and all(self.verdicts.get(code) is Verdict.PASSED for code in CODES)
        return is_good and self.dossier.is_granted(self.clock()) and not (self.is_withdrawn and self.is_asked)

    def _keep_to_the_words(self) -> None:
        """Go to safety in the model where the words no longer carry what serves, and look whether the record did."""
        if self.served is not None and (not self.served.is_granted(self.clock()) or self.dossier.is_refused()):
            self.served, self.is_withdrawn, self.is_asked = None, True, True
        found = endpoints.find(self.catalog, name=self.version.project)
        is_serving = found is not None and found.mode is EndpointMode.MODEL
        assert is_serving == (self.served is not None), SAFETY

    def _word(self, person: str, role: Role | None, answer: Answer, *, is_major: bool, days: int) -> Word | None:
        """What would be recorded; nothing where the person may not speak in that role."""
        now = self.clock()
        mine, giver = ROLES[person], self.loans.giver_for(person, now)
        if answer is Answer.REJECT and role not in {mine, Role.VALIDATOR if giver else mine}:
            role = None  # a rejection is taken in the role that is theirs
        is_wanted = role is Role.VALIDATOR or (role is None and Role.VALIDATOR in self.dossier.missing(now))
        if mine is Role.IT and giver and is_wanted:
            capacity, voice = Role.VALIDATOR, giver
        elif role in {None, mine}:
            capacity, voice = mine, person
        else:
            return None
        ends_at = min(now + YEAR, now + timedelta(days=days)) if days else now + YEAR
        return Word(capacity, voice, answer, is_major, next(numbers), now, ends_at)

    def _may_say(self, person: str, word: Word) -> bool:
        """The model of the pen: no author, no yes that would count for nothing, towards caution or a renewal, in turn.

        A yes counts for nothing where the version was not made again, or is not released and has a gate closed.
        """
        now, said = self.clock(), self.dossier.words.get(person, [])
        is_new = not said or word.caution > said[-1].caution
        renewed = said[-1] if said and said[-1].caution == word.caution == 0 else None
        is_renewal = renewed is not None and (
            now >= renewed.ends_at - min(MONTH, (renewed.ends_at - renewed.at) / 4)
            or (renewed.role is LAST and person not in self.dossier.counted(now))
        )
        is_early = word.role is LAST and word.answer is Answer.APPROVE and not self._is_turn_of_last(now)
        is_open = self.is_good or self.released is self.dossier
        is_vain = word.answer is Answer.APPROVE and not (self.is_remade and is_open)
        return person != OWNER and (is_new or is_renewal) and not (is_early or is_vain)

    @property
    def is_good(self) -> bool:
        """Whether validation's gates are open; how a package answers is judged at delivery."""
        return all(self.verdicts.get(code) is Verdict.PASSED for code in CODES if code != PARITY)

    def _is_turn_of_last(self, now: datetime) -> bool:
        is_major = any(word.is_major for word in self.dossier.last().values())
        return self.dossier.missing(now) <= {LAST} and not is_major
