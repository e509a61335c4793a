"""Held doors: a listening socket outlives whoever took it, and is given back by its port."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.servers.held_doors import SOCKET_FILE, HeldDoors, Holder
from deployments.steward.doors import Doors
from flywheel.settings import ServingSettings
from tests.ports import take_ports


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield Path(folder) / SOCKET_FILE


@pytest.fixture
def holder(place: Path) -> Iterator[Holder]:
    made = Holder(place)
    yield made
    made.close()


Make = Callable[[Path | None], Doors]


@pytest.fixture
def make_doors() -> Iterator[Make]:
    """Makes the doors of one steward after another, on the same ports."""
    settings, made = ServingSettings(first_port=take_ports()), list[Doors]()

    def make(place: Path | None) -> Doors:
        made.append(Doors(settings, HeldDoors(place)))
        return made[-1]

    yield make
    for one in made:
        one.leave()


def is_listening(port: int) -> bool:
    """Whether a caller is taken in, though nobody may answer."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_a_caller_who_comes_while_nobody_keeps_the_door_is_answered_by_the_next(
    holder: Holder, place: Path, make_doors: Make
) -> None:
    before = make_doors(place)
    port = before.take("a", remembered=None).getsockname()[1]
    before.leave()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        caller.sendall(b"hello")
        door = make_doors(place).take("a", remembered=port)
        connection, _ = door.accept()
        with connection:
            assert connection.recv(5) == b"hello"


def test_a_door_that_is_left_stays_and_one_that_is_given_back_does_not(
    holder: Holder, place: Path, make_doors: Make
) -> None:
    doors = make_doors(place)
    port = doors.take("a", remembered=None).getsockname()[1]
    doors.leave()
    assert is_listening(port)
    doors.take("a", remembered=port)
    doors.keep_only(())
    assert not is_listening(port)


def test_what_no_endpoint_takes_up_is_let_go(holder: Holder, place: Path, make_doors: Make) -> None:
    before = make_doors(place)
    kept, stray = (before.take(name, remembered=None).getsockname()[1] for name in ("kept", "stray"))
    before.leave()
    after = make_doors(place)
    after.take("kept", remembered=kept)
    after.keep_only({"kept"})
    assert (is_listening(kept), is_listening(stray)) == (True, False)


def test_doors_without_a_holder_last_as_long_as_who_took_them(place: Path, make_doors: Make) -> None:
    for nowhere in (None, place):
        doors = make_doors(nowhere)
        port = doors.take("a", remembered=None).getsockname()[1]
        doors.leave()
        assert not is_listening(port)


@pytest.mark.parametrize("said", [b"", b"keep", b"keep x", b"take x", b"drop", b"nothing 5", b"keep 99999"])
def test_what_makes_no_sense_ends_nothing(holder: Holder, place: Path, make_doors: Make, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(place))
        caller.sendall(said)
    doors = make_doors(place)
    port = doors.take("a", remembered=None).getsockname()[1]
    doors.leave()
    asking = HeldDoors(place)
    assert asking.names() == ("a",)
    asking.leave()
    assert is_listening(port)


def test_a_port_that_another_endpoint_has_taken_meanwhile_is_not_shared_with_it(
    holder: Holder, place: Path, make_doors: Make
) -> None:
    doors = make_doors(place)
    former = doors.take("alpha", remembered=None).getsockname()[1]
    doors.keep_only(())
    assert doors.take("beta", remembered=None).getsockname()[1] == former
    assert doors.take("alpha", remembered=former).getsockname()[1] != former
    doors.leave()
    after = make_doors(place)
    assert after.take("beta", remembered=None).getsockname()[1] == former
    assert after.take("alpha", remembered=former).getsockname()[1] != former


def test_callers_are_told_at_once_where_no_steward_comes_and_let_in_again_when_one_does(
    place: Path, make_doors: Make
) -> None:
    holder = Holder(place, absent_seconds=0.2)
    doors = make_doors(place)
    port = doors.take("a", remembered=None).getsockname()[1]
    doors.leave()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert caller.recv(12) == b"HTTP/1.1 503"
    door = make_doors(place).take("a", remembered=port)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        caller.sendall(b"hello")
        connection, _ = door.accept()
        with connection:
            assert connection.recv(5) == b"hello"
    holder.close()


def test_a_closed_holder_lets_go_of_everything(place: Path, make_doors: Make) -> None:
    holder = Holder(place)
    doors = make_doors(place)
    port = doors.take("a", remembered=None).getsockname()[1]
    doors.leave()
    holder.close()
    assert not is_listening(port)
    assert not place.exists()
