"""The filter is run here as the kernel runs it: each call, with each argument, on both architectures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from flywheel.adapters.cell import calls
from flywheel.adapters.cell.calls import ABSENT, DENIED, MACHINES, RULED
from flywheel.adapters.cell.seccomp import ALLOW, ANSWER, ANY_BIT, EQUAL, KILL, LACK, LOAD, MORE, REFUSE, Step, program

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
PID, OTHER = 4_242, 1
THREAD = 0x3D_0F00
"""The flags of a thread of the C library."""


def answer(steps: Sequence[Step], *, audit: int, number: int, arguments: Sequence[int] = ()) -> int:
    """Run the filter as the kernel would, on the two words before the arguments and the arguments' lower halves."""
    words = {0: number, 4: audit} | {16 + 8 * place: value & 0xFFFF_FFFF for place, value in enumerate(arguments)}
    held, place = 0, 0
    while True:
        what, yes, no, value = steps[place]
        place += 1
        if what == ANSWER:
            return value
        if what == LOAD:
            held = words.get(value, 0)
            continue
        holds = {EQUAL: held == value, MORE: held > value, ANY_BIT: bool(held & value)}[what]
        place += yes if holds else no


@pytest.fixture(scope="module", params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    """Each architecture in turn."""
    return str(request.param)


def asked(machine: str, name_or_number: str | int, *arguments: int, with_landlock: int = 7) -> int:
    """What the filter of an architecture answers to a call."""
    kind = MACHINES[machine]
    known = {**DENIED, **RULED, **ABSENT}
    number = kind.number(known[name_or_number]) if isinstance(name_or_number, str) else name_or_number
    assert number is not None
    steps = tuple(program(kind, pid=PID, with_landlock=with_landlock))
    return answer(steps, audit=kind.audit, number=number, arguments=arguments)


def test_what_is_denied_is_refused_and_what_is_absent_lacks(machine: str) -> None:
    for names, expected in ((DENIED, REFUSE), (ABSENT, LACK)):
        there = [name for name, pair in names.items() if MACHINES[machine].number(pair) is not None]
        assert {name: asked(machine, name) for name in there} == dict.fromkeys(there, expected)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (THREAD,), ALLOW),
        ("clone", (17,), REFUSE),
        ("clone", (0x4000 | 0x100,), REFUSE),
        ("clone", (THREAD | 0x1000_0000,), REFUSE),
        ("kill", (PID, 6), ALLOW),
        ("kill", (OTHER, 0), REFUSE),
        ("kill", (-1, 9), REFUSE),
        ("kill", (0, 9), REFUSE),
        ("tgkill", (PID, PID, 6), ALLOW),
        ("tgkill", (OTHER, OTHER, 6), REFUSE),
        ("rt_sigqueueinfo", (OTHER, 6), REFUSE),
        ("rt_tgsigqueueinfo", (OTHER, OTHER), REFUSE),
        ("prlimit64", (0, 1), ALLOW),
        ("prlimit64", (PID, 1), ALLOW),
        ("prlimit64", (OTHER, 1), REFUSE),
        ("fcntl", (3, 1), ALLOW),
        *(("fcntl", (3, command), REFUSE) for command in calls.OWNER_OF_SIGNALS),
        ("ioctl", (3, 0x5401), ALLOW),
        ("ioctl", (3, 0x5412), REFUSE),
        ("prctl", (15,), ALLOW),
        ("prctl", (1, 0), REFUSE),
        ("openat", (0, 0, 0o1101), ALLOW),
    ],
)
def test_arguments_decide(machine: str, name: str, arguments: tuple[int, ...], expected: int) -> None:
    assert asked(machine, name, *arguments) == expected


@pytest.mark.parametrize("flags", [0o1, 0o2, 0o100, 0o1000, 0o2000000 | 0o1])
def test_an_old_landlock_leaves_opening_to_write_to_the_filter(machine: str, flags: int) -> None:
    assert asked(machine, "openat", 0, 0, flags, with_landlock=2) == REFUSE
    assert asked(machine, "openat", 0, 0, 0o2000000, with_landlock=2) == ALLOW


def test_calls_that_nobody_knows_yet_are_lacking(machine: str) -> None:
    assert asked(machine, calls.NEWEST + 1) == LACK
    assert asked(machine, 0x4000_0000 | 39) == LACK, "the x32 ABI"


def test_another_architecture_ends_the_program(machine: str) -> None:
    steps = tuple(program(MACHINES[machine], pid=PID, with_landlock=7))
    assert answer(steps, audit=0x4000_0003, number=20) == KILL


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_the_kernels_own_list(machine: str) -> None:
    if not HEADERS[machine].is_file():
        pytest.skip(f"this machine has no {HEADERS[machine]}")
    text = HEADERS[machine].read_text(encoding="utf-8")
    listed = {name: int(number) for name, number in re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text)}
    names: Mapping[str, tuple[int | None, int | None]] = {**DENIED, **RULED, **ABSENT}
    ours = {name: MACHINES[machine].number(pair) for name, pair in names.items()}
    younger = max(listed.values())
    assert {name: number for name, number in ours.items() if (number or 0) <= younger} == {
        name: listed.get(name) for name, number in ours.items() if (number or 0) <= younger
    }
