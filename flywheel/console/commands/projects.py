"""`flywheel new`, `check` and `register`: from an empty folder to a project in the catalog."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.charter_notes import charter_notes, notes_of
from flywheel.console.commands.people import begin_here, words_of
from flywheel.console.commands.servers import become
from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.console.signers_text import policy_of, signers_asked, signers_of
from flywheel.console.unsound import asked_of_installation, read_readable
from flywheel.domain.own_code import Hook
from flywheel.errors import CharterError, Problem, counted
from flywheel.project.charter.tasks import Task

if TYPE_CHECKING:
    from flywheel.catalog.project import ProjectRecord
    from flywheel.project.loader import Project
    from flywheel.services.data.data_check import DataCheck, Judge
    from flywheel.services.people.proof import Proof
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings

Folder = Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder, or its project.toml.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(new)
    app.command()(check)
    app.command()(register)


def new(
    name: Annotated[str, typer.Argument(help="The project's short name, such as card-default.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write it; by default a folder of that name.")] = None,
    from_file: Annotated[Path | None, typer.Option("--from", help="CSV or Parquet to propose it from.")] = None,
    target: Annotated[str, typer.Option(help="With --from: the column to predict.")] = "",
    task: Annotated[
        Task | None,
        typer.Option(
            help="With --from: the kind of problem; by default yes or no, an amount where --target is numbers."
        ),
    ] = None,
    owner: Annotated[str, typer.Option(help="With --from: e-mail of the author.")] = "",
    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", help="With --from: whether the first row of a CSV names the columns."),
    ] = None,
) -> None:
    """Write a commented starting project; with `--from` its data block is proposed from a file."""
    # pydantic, which `--help` does without
    from flywheel.project.charter.starter import write_starter

    where = folder or Path(name)
    if from_file is not None:
        # what looks at data, which an empty project does without
        from flywheel.services.data.proposals import decisions, write_proposed
        from flywheel.settings import Settings

        proposal = write_proposed(name, where, from_file, target=target, task=task, owner=owner, has_header=header)
        looked = "all" if proposal.is_whole else "a part"
        columns = counted(len(proposal.columns), "column")
        print(f"looked at {counted(proposal.rows, 'row')} ({looked} of {from_file.name}) and {columns}")
        print("\n".join(f"  {line}" for line in decisions(proposal)))
        charter = load(where, settings := Settings.load()).charter
        print(f"as proposed: {signers_asked(charter, settings)}")
        print(f"wrote {where / 'project.toml'}; what only you can decide is marked there, the money first of all")
        print(f"next: `flywheel decide {where}` asks for each, or edit the file; then `flywheel check {where} --data`")
        return
    write_starter(name, where)
    print(f"wrote {where}\nnext: edit {where / 'project.toml'}, then `flywheel check {where}`")


def check(
    path: Folder,
    data: Annotated[bool, typer.Option("--data", help="Read the data too, to their end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print every mistake in a project at once; with `--data`, every fault of its data too.

    Without mistakes, list what later stages still need.
    """
    if data:
        wanted = {"path": str(path.absolute()), "shown": str(path), "as_json": as_json}
        become("deployments.programs.check_data", [json.dumps(wanted)])
    raise typer.Exit(report(path, shown=str(path), as_json=as_json))


def report(path: Path, *, shown: str, as_json: bool, judge: Judge | None = None) -> int:
    """Print what a check found and give its exit code; with a judge of the joined rows the data are read too."""
    # pydantic, which `--help` does without
    from flywheel.settings import Settings

    settings = Settings.load()
    try:
        project = load(path, settings)
    except CharterError as error:
        found = read_readable(path, settings) if judge is not None else None
        if as_json:
            print_json({"is_valid": False, "problems": error.problems} | ({"data": found} if found else {}))
            return error.exit_code
        if found and found.rows:
            print_data(found)
            rest = "further faults of the data, joins, gates and split are checked once the charter has no mistakes"
            print(f"note: {rest}\n")
        raise
    lacking, found = lacks(project, settings), read_data(project, settings, judge) if judge else None
    is_sound = not project.undecided and (found is None or not found.faults)
    proposed = bool(project.undecided)  # the people who stand there so far are nobody
    signers = [signers_asked(project.charter, settings)] if proposed else signers_of(project.charter, settings)
    told = {"is_valid": is_sound, "problems": project.undecided, "digest": project.digest, "lacking": lacking}
    notes = [*charter_notes(project, settings), *_candidate_notes(project)]
    told |= {"signers": signers, "notes": notes}
    if as_json:
        print_json(told | ({"data": found} if found else {}))
        return 0 if is_sound else CharterError.exit_code
    mistakes = f"{counted(len(project.undecided), 'decision')} left to make" if project.undecided else "no mistakes"
    print(f"{project.charter.name}: {mistakes}; risk tier {project.charter.tier.value}; {project.digest}")
    print("\n  ".join(signers))
    if lacking:
        print("\nbefore the stages named here, it still needs:")
        print_table(
            ("stage", "key", "what"), [(stage, p.key, p.what) for stage in lacking for p in lacking[stage]], empty=""
        )
    for note in notes:
        print(f"note: {note}")
    if project.undecided:
        print(f"\n`flywheel decide {shown}` asks for each of {counted(len(project.undecided), 'decision')}:")
        for one in project.undecided:
            print(f"{one.line:>4}  {one.key} = {one.found}\n      {one.what.partition(': ')[2]}")
    if found:
        print_data(found)
    return 0 if is_sound else CharterError.exit_code


def register(path: Folder, actor: Acting = "", code: ActingCode = "", as_json: AsJson = False) -> None:
    """Register a project, or its new charter, in the catalog.

    While the servers run, its flows then appear in the Prefect UI. On a fresh installation of this machine its owner
    is enrolled first, as the first person and administrator, and is logged in.
    """
    # pydantic, which `--help` does without
    from flywheel.project.loader import require_decided

    with opened() as bench:
        project = load(path, bench.settings)
        require_decided(project)
        begin_alone(bench, actor or project.charter.owner)
        record, weaker = take_in(bench, path, proof=proof_of(bench, actor, code))
        signers = signers_of(project.charter, bench.settings, bench=bench)
        notes = notes_of(bench, project, record)
    if as_json:
        print_json(record)
        return
    print(f"{record.slug} is registered: {record.title}; risk tier {record.tier.value}, stage {record.stage.value}")
    if weaker:
        print(f"the published policy stands, since the file of tier {record.tier.value} asks for less:")
        print(
            "".join(f"  {words}\n" for words in weaker) + f"to have it: `flywheel policy propose {record.tier.value}`\n"
        )
    for note in notes:
        print(f"note: {note}")
    print("\n  ".join(signers))
    print(f"next: `flywheel run {record.slug}`")


def begin_alone(bench: Workbench, owner: str) -> None:
    """Let a newcomer who is alone begin: where nobody was ever enrolled in the embedded database, the owner is."""
    # only with a catalog
    from flywheel.services.people import people

    if bench.settings.database.url is not None or people.is_founded(bench.catalog):
        return
    made = begin_here(bench, owner, owner)
    print("nobody was enrolled here: this installation begins with you, once, as its administrator", file=sys.stderr)
    print("\n".join(words_of(made)), file=sys.stderr)
    print(f"you are logged in on this machine; later: `flywheel login {made.person}`\n", file=sys.stderr)


def take_in(bench: Workbench, path: Path, *, proof: Proof) -> tuple[ProjectRecord, tuple[str, ...]]:
    """Take what a folder holds into the catalog; say in what its tier's policy file was held back."""
    # only with a catalog
    from flywheel.services.people import authors
    from flywheel.services.terms import policies
    from flywheel.services.terms.policy_files import read_policy
    from flywheel.services.walk import projects

    project = load(path, bench.settings)
    policy = read_policy(bench.settings.home, project.charter.tier)
    weaker = policies.held_back(bench.catalog, policy=policy)
    commits = authors.commits_to_policy(bench.catalog, home=bench.settings.home, tier=policy.tier)
    record = projects.register_project(
        bench.catalog, project=project, policy=policy, proof=proof, policy_commits=commits
    )
    return record, weaker


def read_data(project: Project, settings: Settings, judge: Judge) -> DataCheck:
    """Read a project's sources; the record is opened only where another project's data are asked for."""
    # what reads data, which a check of the charter alone does without
    from flywheel.services.data.data_check import check_data

    sources = project.charter.data.sources.values() if project.charter.data else ()
    if any(source.form == "dataset" for source in sources):
        with opened() as bench:
            return check_data(project, settings=settings, judge=judge, catalog=bench.catalog)
    return check_data(project, settings=settings, judge=judge)


def print_data(found: DataCheck) -> None:
    """Say what was read and everything that is wrong with it, then what is worth knowing."""
    read = ", ".join(f"{name} {counted(rows, 'row')}" for name, rows in found.rows.items())
    print(f"\ndata: {read}; {counted(len(found.faults), 'fault')}")
    for fault in found.faults:
        print(f"- {fault.sentence()}")
    for note in found.notes:
        print(f"note: {note.sentence()}")


def load(path: Path, settings: Settings) -> Project:
    """Read a project within the limits and policies of this installation."""
    # pydantic, which `--help` does without
    from flywheel.project.loader import ProjectLimits, load_project, readable_part

    limits = ProjectLimits(charter_bytes=settings.limits.charter_bytes)
    try:
        project = load_project(path, limits=limits)
    except CharterError as error:
        try:
            part = readable_part(path, limits=limits)
        except CharterError:
            raise error from None  # of which nothing can be read
        raise CharterError((*error.problems, *asked_of_installation(part.charter, settings))) from None
    if problems := asked_of_installation(project.charter, settings):
        raise CharterError(problems)
    return project


def lacks(project: Project, settings: Settings) -> dict[str, tuple[Problem, ...]]:
    """Name what each stage would still ask for, each thing at the first stage that needs it."""
    # pydantic, which `--help` does without
    from flywheel.domain.stages import ORDER
    from flywheel.project.charter.preflight import preflight

    policy = policy_of(project.charter, settings)
    seen: set[str] = set()
    lacking: dict[str, tuple[Problem, ...]] = {}
    for stage in ORDER:
        fresh = tuple(p for p in preflight(project.charter, stage, policy=policy) if p.key not in seen)
        seen.update(p.key for p in fresh)
        if fresh:
            lacking[stage.value] = fresh
    return lacking


def _candidate_notes(project: Project) -> list[str]:
    """Say of the project's own candidates, tried in a cell, which cannot be promoted."""
    if not project.has_hook(Hook.CANDIDATES):
        return []
    # what fits models, which most checks do without
    from flywheel.services.modelling.own_candidates import rehearsed

    return list(rehearsed(project))
