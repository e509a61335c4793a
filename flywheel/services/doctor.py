"""What Flywheel needs of a machine, each with what it is for: seen by `flywheel doctor`, held to by every start."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from flywheel.adapters import machine, ports, programs
from flywheel.adapters.cell.guards import Guard, guards_here, unreachable
from flywheel.adapters.cell.landlock import readable_places
from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres import server as postgres_server
from flywheel.adapters.programs import Program
from flywheel.errors import Unavailable
from flywheel.settings import Settings

PYTHONS = ((3, 11), (3, 13))
FREE_BYTES = 500_000_000
"""What a first walk writes, and something to spare."""


class Fitness(StrEnum):
    """Whether a need is met."""

    FINE = "fine"
    ABSENT = "absent"
    """Something that nothing stops without."""
    WRONG = "wrong"


@dataclass(frozen=True)
class Need:
    """One thing that is needed: whether it is met, by what, and what to do where it is not."""

    name: str
    purpose: str
    fitness: Fitness
    found: str
    next_step: str = ""

    def sentence(self) -> str:
        """Say what is missing, what for, and what to do."""
        return f"{self.name} ({self.found}): {self.purpose}; next: {self.next_step}"


def examine(settings: Settings) -> tuple[Need, ...]:
    """Look at everything, the ports included."""
    return (
        *_of_the_machine(settings),
        _words(settings),
        *_ports(settings, with_mlflow=True),
        _first_port(settings),
    )


SERVICE_USER = "flywheel"
"""Whom we advise root to make for the servers."""

UNIT = """\
# /etc/systemd/system/flywheel.service; then: systemctl daemon-reload && systemctl enable --now flywheel
[Unit]
Description=Flywheel's servers
After=network-online.target

[Service]
User={user}
WorkingDirectory={home}
Environment="FLYWHEEL_DATA_ROOT={data_root}"
ExecStart="{python}" -m deployments.up
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""
"""Our own supervisor starts whatever dies or hangs; systemd starts the supervisor. Secrets go into a drop-in."""


def unit_of(settings: Settings) -> str:
    """Write a systemd unit that keeps the servers of this data root running, never as root."""
    user = SERVICE_USER if machine.is_root() else machine.user_name()
    places = {"home": settings.home, "data_root": settings.data_root, "python": sys.executable}
    return UNIT.format(user=user, **{name: str(place).replace("%", "%%") for name, place in places.items()})


def require_fit(settings: Settings) -> None:
    """Refuse to start where something is missing without which nothing would work."""
    _refuse(_of_the_machine(settings))


def require_ports(settings: Settings, *, with_mlflow: bool) -> None:
    """Refuse to start where somebody else holds our ports, and say who."""
    _refuse(_ports(settings, with_mlflow=with_mlflow))


def own_ports(settings: Settings, *, with_mlflow: bool) -> Mapping[str, int]:
    """Name the ports that our servers take, by the settings that choose them."""
    ours = {"FLYWHEEL_CONSOLE__PORT": settings.console.port}
    if settings.prefect.api is None:
        ours["FLYWHEEL_PREFECT__PORT"] = settings.prefect.port
    return ours | ({"FLYWHEEL_MLFLOW__UI_PORT": settings.mlflow.ui_port} if with_mlflow else {})


def _refuse(needs: Iterable[Need]) -> None:
    wrong = [need.sentence() for need in needs if need.fitness is Fitness.WRONG]
    if wrong:
        raise Unavailable("this machine is not ready:\n" + "\n".join(f"  {words}" for words in wrong))


def _of_the_machine(settings: Settings) -> Iterator[Need]:
    yield _python()
    yield _user()
    yield _data_root(settings)
    yield _disk(settings)
    yield _sockets(settings)
    for program in (*programs.REQUIRED, *_of_the_database(settings)):
        yield _program(program, lacking=Fitness.WRONG)
    for program in programs.OPTIONAL:
        yield _program(program, lacking=Fitness.ABSENT)
    yield from _cell(settings)


def _python() -> Need:
    first, last = (".".join(map(str, version)) for version in PYTHONS)
    here = machine.python_version()
    return Need(
        "Python",
        f"the libraries of our lock are made for {first} to {last}",
        Fitness.FINE if PYTHONS[0] <= here <= PYTHONS[1] else Fitness.WRONG,
        ".".join(map(str, here)),
        f"install Python {last}, delete .venv and run `./run setup`",
    )


def _user() -> Need:
    """Look whose account the servers would run in; they cannot leave root's while people's commands write as root."""
    steps = f"`useradd --system --create-home {SERVICE_USER}`, give it checkout and data root (`chown -R`)"
    return Need(
        "user",
        "owns all files, and is the user an attacker gets who breaks into a server",
        Fitness.ABSENT if machine.is_root() else Fitness.FINE,
        machine.user_name(),
        f"{steps}, and run all commands as it (`runuser -u {SERVICE_USER} -- ./run up`); `--systemd` prints its unit",
    )


def _data_root(settings: Settings) -> Need:
    place = settings.data_root
    return Need(
        "data root",
        "holds the database, packages, predictions and logs",
        Fitness.FINE if machine.can_write(place) else Fitness.WRONG,
        f"{place}{'' if machine.can_write(place) else f', which {machine.user_name()} cannot write'}",
        "set FLYWHEEL_DATA_ROOT to a folder that you can write",
    )


def _disk(settings: Settings) -> Need:
    free = machine.free_bytes(settings.data_root)
    return Need(
        "disk",
        f"a first walk needs {FREE_BYTES / 1e6:.0f} MB",
        Fitness.FINE if free >= FREE_BYTES else Fitness.WRONG,
        f"{free / 1e9:.1f} GB free",
        "make room, or set FLYWHEEL_DATA_ROOT to a folder on another disk",
    )


def _sockets(settings: Settings) -> Need:
    folder = postgres_server.socket_folder(postgres.embedded_folder(settings))
    is_beside = folder.is_relative_to(settings.data_root)
    why = "" if is_beside else ", since the data root's path is too long or too unusual for a socket's address"
    return Need("sockets", "are how the programs reach the database", Fitness.FINE, f"{folder}{why}")


def _of_the_database(settings: Settings) -> tuple[Program, ...]:
    if settings.database.url is not None:
        return ()
    return (programs.POSTGRES, *([programs.USERADD] if machine.is_root() else []))


def _program(program: Program, *, lacking: Fitness) -> Need:
    place = program.find()
    fitness = lacking if place is None else Fitness.FINE
    return Need(program.name, program.purpose, fitness, str(place) if place else "not found", program.cure)


def _cell(settings: Settings) -> Iterator[Need]:
    """What closes the cell that a project's own code runs in; where one lacks, high risk runs no such code."""
    here = guards_here(settings.cell.user)
    closed = unreachable(readable_places())
    user = f"the number {here.user}" if here.user is not None else "ours, since only root can give it another"
    if here.is_root and here.user is None:
        user = f"ours: {closed[0]} is closed to others" if closed else f"ours: {settings.cell.user} is no user here"
    for guard, keeps_from, found, cure in (
        (Guard.LANDLOCK, "files", f"version {here.landlock}", "take Linux 5.13 or later with Landlock switched on"),
        (Guard.SECCOMP, "sockets and other programs", "there", "take Linux on x86_64 or aarch64, with seccomp"),
        (
            Guard.USER,
            "what is ours",
            user,
            "put the checkout where every user can read it, or work as a user other than root",
        ),
    ):
        lacks = guard in here.lacking
        purpose = f"keeps a project's own code away from {keeps_from}; high-risk projects need it"
        shown = f"not in {machine.kernel()}" if lacks and guard is not Guard.USER else found
        yield Need(f"cell: {guard}", purpose, Fitness.ABSENT if lacks else Fitness.FINE, shown, cure)


def _ports(settings: Settings, *, with_mlflow: bool) -> Iterator[Need]:
    if settings.prefect.api is None:
        yield _port(settings, "Prefect", settings.prefect.host, settings.prefect.port, "FLYWHEEL_PREFECT__PORT")
    yield _port(settings, "the console", settings.console.host, settings.console.port, "FLYWHEEL_CONSOLE__PORT")
    if with_mlflow:
        yield _port(settings, "MLflow", settings.mlflow.host, settings.mlflow.ui_port, "FLYWHEEL_MLFLOW__UI_PORT")


def _words(settings: Settings) -> Need:
    """Whether an answer in Prefect's form is proven, and not only who gave it."""
    is_proven = settings.identity.asks_words
    switched_off = "identity.answer_words is false"
    lacking = switched_off if settings.identity.mail else "identity.mail is not set"
    return Need(
        "words of answers",
        "prove what a person answers in Prefect's form, where a code proves who answers; high risk should have them",
        Fitness.FINE if is_proven else Fitness.ABSENT,
        "mailed to the person alone" if is_proven else f"none: {lacking}",
        "set FLYWHEEL_IDENTITY__MAIL and start the servers anew; until then sign what matters with `flywheel sign`",
    )


def _first_port(settings: Settings) -> Need:
    """Where the first endpoint answers: nothing stops where it is taken, for each takes the next that is free."""
    serving = settings.serving
    need = _port(settings, "the first endpoint", serving.host, serving.first_port, "FLYWHEEL_SERVING__FIRST_PORT")
    purpose = f"{need.purpose}; others, and where it is taken this one, answer at the next that is free"
    return replace(need, purpose=purpose, fitness=Fitness.FINE)


def _port(settings: Settings, whose: str, host: str, port: int, variable: str) -> Need:
    name, purpose = f"port {port}", f"is where {whose} answers; set by {variable}"
    if not ports.is_busy(host, port):
        return Need(name, purpose, Fitness.FINE, "free")
    holder = ports.holder_of(port)
    if holder is not None and holder.data_root == str(settings.data_root):
        return Need(name, purpose, Fitness.FINE, f"in use by {holder.sentence()}")
    words = holder.sentence() if holder else f"another program, or nothing may listen on {host}"
    next_step = f"stop it, or choose another port with {variable}"
    return Need(name, purpose, Fitness.WRONG, f"in use by {words}", next_step)
