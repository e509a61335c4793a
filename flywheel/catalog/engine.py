"""The catalog as an open resource, and the unit of work: one transaction for each use case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial

from psycopg import errors as postgres
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from flywheel.catalog import idempotency, outbox
from flywheel.catalog.event import append_event, database_time, last_time, lock_chain, settle_time
from flywheel.catalog.ground import Difference, Footing, Ground, differences, keep_still, refuse_differing, stand_on
from flywheel.catalog.idempotency import FirstAnswer, Once
from flywheel.catalog.person import EVERYWHERE
from flywheel.catalog.projections import AT_DOORS, NOUNS, SHOWN, project
from flywheel.catalog.turn import LOCK_SECONDS, locked
from flywheel.domain.attesting import Notary
from flywheel.domain.clocks import SLACK, Times
from flywheel.domain.digests import Json, canonical_json, read_json
from flywheel.domain.events import Draft, Event
from flywheel.domain.seals import Sealer
from flywheel.errors import Conflict, InputRefused, Tampered, Unavailable

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Catalog:
    """The system of record, open for use cases."""

    engine: Engine
    sealer: Sealer
    """Whose seal events bear, and must bear to be believed."""
    clock: Clock = utc_now
    """This process's clock, for what decides nothing; one that is given stands for the database's as well."""
    database_clock: Callable[[Session], datetime] | None = None
    """What decisions go by where it is neither the database's own clock nor the one that was given."""
    slack: timedelta = SLACK
    """How far the two may differ, and time run behind the last event."""
    footing: Footing = field(default_factory=Footing, compare=False)
    """What this process has proven of the record so far."""
    notary: Notary | None = None
    """Who judges what people decide and what opens doors; none where this process is the notary itself."""
    under_way: UnitOfWork | None = None
    """The transaction that use cases run in together, where one is under way."""

    @classmethod
    def open(
        cls,
        url: str | URL,
        *,
        sealer: Sealer,
        clock: Clock = utc_now,
        slack: timedelta = SLACK,
        notary: Notary | None = None,
    ) -> Catalog:
        """Connect lazily to a migrated database."""
        engine = create_engine(
            url,
            pool_size=5,
            max_overflow=20,
            pool_pre_ping=True,
            json_serializer=canonical_json,
            json_deserializer=read_json,
            connect_args={
                "options": f"-c timezone=utc -c lock_timeout={LOCK_SECONDS}s",
                "application_name": "flywheel",
            },
        )
        return cls(engine, sealer, clock, slack=slack, notary=notary)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def is_there(self) -> bool:
        """Whether the database answers; raises what is wrong where it does not."""
        with _readable_errors(self.engine), self.session() as session:
            return bool(session.scalar(text("SELECT 1")))

    def time(self) -> datetime:
        """Read the clock, for what decides nothing."""
        return self.clock().astimezone(UTC)

    def within(self, work: UnitOfWork) -> Catalog:
        """Give the catalog whose use cases are committed with a transaction that is under way."""
        return replace(self, under_way=work)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Run one use case: everything in it is committed together or not at all."""
        if self.under_way is not None:
            with _readable_errors(self.engine), self.under_way.session.begin_nested():
                yield self.under_way
            return
        with _readable_errors(self.engine), self.session() as session, session.begin():
            settle = partial(settle_time, session, self.deciding_time, self._believe)
            yield UnitOfWork(session, settle, self.time, self.footing)

    @contextmanager
    def at_last_event(self) -> Iterator[UnitOfWork]:
        """Run a use case at the time of the last event: to tell people that no clock is believed, and for no more."""
        with _readable_errors(self.engine), self.session() as session, session.begin():
            settle = partial(settle_time, session, last_time, lambda *_: None)
            yield UnitOfWork(session, settle, self.time, self.footing)

    def session(self) -> Session:
        """Open a session that knows whose seal events bear."""
        return Session(self.engine, expire_on_commit=False, info={"sealer": self.sealer})

    def deciding_time(self, session: Session) -> datetime:
        """Read the clock that decisions go by: the database's, whatever this machine believes."""
        if self.database_clock is not None:
            return self.database_clock(session).astimezone(UTC)
        return database_time(session) if self.clock is utc_now else self.time()

    def clock_trouble(self) -> str:
        """Say why the time is not believed now; nothing where it is."""
        with self.look() as work:
            decided, last = self.deciding_time(work.session), last_time(work.session)
        return Times(decided, self.time(), last).trouble(self.slack)

    def _believe(self, decided: datetime, last: datetime) -> None:
        if trouble := Times(decided, self.time(), last).trouble(self.slack):
            raise Unavailable(
                f"nothing is decided: {trouble}",
                next_step="set the clocks right; where an event was written too late in time, wait, or allow "
                "more in FLYWHEEL_RECORD__CLOCK_SLACK_SECONDS",
            )

    @contextmanager
    def look(self) -> Iterator[UnitOfWork]:
        """Read as things stand now: nobody waits for anybody, and the database lets nothing be written."""
        with _readable_errors(self.engine), self.session() as session, session.begin():
            one_view: dict[str, object] = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
            session.connection(execution_options=one_view)
            yield UnitOfWork(session, self.time, self.time, self.footing, is_look=True)


@dataclass(frozen=True)
class UnitOfWork:
    """One transaction, at one time."""

    session: Session
    settle: Callable[[], datetime]
    clock: Clock
    """For what decides nothing, such as when a message may go out."""
    footing: Footing
    is_look: bool = False
    """Whether nothing is written, and all is read as it was at one moment."""
    _written: list[int] = field(default_factory=list)
    """The events of this transaction, which may still be taken back."""

    @cached_property
    def now(self) -> datetime:
        """The time of this transaction: asked for once its rows are locked, and nothing is written before its end."""
        return self.settle()

    def append(self, draft: Draft) -> Event:
        """Append an event to the chain and let every table that shows it follow."""
        event = append_event(self.session, draft, now=self.now)
        project(self.session, event)
        self._written.append(event.sequence)
        return event

    def stand(self, project: str = "") -> None:
        """Hold the tables against the proven chain before something opens: what is read after this is proven.

        The rows of one project and those about everybody, or all of them where the project is `*`; refuse where one
        differs. Nobody can change them until this transaction ends.
        """
        refuse_differing(self.differences(project))

    def stand_on_all_shown(self, project: str) -> None:
        """Hold what a dossier is made of against the chain too, proven from its first event, and keep it still."""
        self.stand(project)
        keep_still(self.session, SHOWN)
        ground = stand_on(self.session, Ground(), nouns=tuple(noun for noun in NOUNS if noun in {*AT_DOORS, *SHOWN}))
        refuse_differing(differences(self.session, ground, project=project, nouns=SHOWN))

    def holds(self, project: str) -> bool:
        """Whether the chain is sound and the tables are what it says; for what leads to safety either way."""
        try:
            return not self.differences(project)
        except Tampered:  # told to people by the steward, which looks at the same
            return False

    def differences(self, project: str = EVERYWHERE) -> tuple[Difference, ...]:
        """Name the rows, of one project and of everybody or of all, that are not what the proven chain says."""
        if self.now and not self.is_look:
            self.session.flush()
            lock_chain(self.session)  # also where a savepoint that was rolled back has let it go
            keep_still(self.session)
        ground = self.ground()
        self.session.expire_all()  # what was read before the tables kept still is read anew
        return differences(self.session, ground, project=None if project == EVERYWHERE else project)

    def ground(self) -> Ground:
        """Prove the chain up to its end, the events of this transaction included."""
        if self.is_look:
            return self._ground_of_view
        begun = min(self._written, default=None)
        proven = self.footing.advance(self.session, until=None if begun is None else begun - 1)
        return proven if begun is None else stand_on(self.session, proven)

    @cached_property
    def _ground_of_view(self) -> Ground:
        """One view has one ground, whatever others write and prove meanwhile."""
        return self.footing.advance(self.session)

    def look_again(self, *, at_most: int) -> None:
        """Prove some of what was proven before once more, in turn."""
        self.footing.look_again(self.session, at_most=at_most)

    def enqueue(self, topic: str, key: str, payload: Mapping[str, Json]) -> bool:
        """Leave a message for the outside, which goes out only if this transaction commits."""
        return outbox.put(self.session, topic=topic, key=key, payload=payload, now=min(self.now, self.clock()))

    def recall(self, once: Once, request: object) -> FirstAnswer | None:
        """Give the first answer to this key, if it was used before."""
        return idempotency.recall(self.session, once, request)

    def remember(self, once: Once, request: object, answer: object) -> None:
        """Keep the answer under its key."""
        idempotency.remember(self.session, once, request, answer=answer, now=self.now)


@contextmanager
def _readable_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.orig, postgres.UniqueViolation):
            raise Conflict(
                "somebody else has just recorded the same thing",
                found=error.orig.diag.constraint_name,
                next_step="check, and repeat if it is still needed",
            ) from error
        raise
    except OperationalError as error:
        raise _unanswered(error, engine) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the connection to the catalog's database was lost", next_step="repeat it") from error
        if isinstance(error.orig, postgres.UndefinedTable | postgres.UndefinedColumn):
            raise Unavailable(
                "the catalog's database lacks the tables of this Flywheel",
                next_step="run `flywheel up`: it brings them",
            ) from error
        if isinstance(error.orig, postgres.DataError) and "NUL" in str(error.orig):
            raise _unstorable() from error
        raise
    except UnicodeEncodeError as error:  # half a character: what is no UTF-8 on a command line comes so
        raise _unstorable() from error


def _unanswered(error: OperationalError, engine: Engine) -> Conflict | Unavailable:
    if isinstance(error.orig, postgres.DeadlockDetected | postgres.SerializationFailure):
        return Conflict("another decision was made at the same time", next_step="repeat it")
    if isinstance(error.orig, postgres.LockNotAvailable):
        return locked(engine)
    why = str(error.orig).strip()
    return Unavailable(f"the catalog's database does not answer: {why}", next_step="run `flywheel up`")


def _unstorable() -> InputRefused:
    return InputRefused(
        "a text holds a character that cannot be stored", allowed="text in UTF-8, without NUL and surrogates"
    )
