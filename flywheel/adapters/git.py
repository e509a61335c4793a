"""git, asked who committed to a folder: nothing that a repository configures is run, what is not known is said."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.programs import GIT
from flywheel.errors import ending_of

MOST_COMMITS = 5_000
SECONDS = 10.0
PROJECTS_FOLDER = "the project's folder"
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_EMAIL = re.compile(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,190}")
_COMMIT = "commit:"
"""Begins each commit in what git is asked to print; no address holds it alone on a line."""
_COAUTHORS = "%(trailers:key=Co-authored-by,valueonly)"

_QUIET = (
    *("-c", "core.fsmonitor=false"),  # a program of the repository's choice, run to learn what changed
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false"),  # would run the repository's gpg.program
    *("-c", "log.mailmap=false"),  # a file in the tree that renames authors
    *("-c", "protocol.allow=never"),
    *("-c", "core.alternateRefsCommand="),
)
_ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": os.devnull,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,  # a file that would cut history off
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "",
}


@dataclass(frozen=True)
class Commits:
    """Who committed to a folder, up to which commit, and what could not be learned."""

    authors: tuple[str, ...] = ()
    head: str = ""
    gaps: tuple[str, ...] = ()


def commits_to(
    folder: Path,
    *,
    files: tuple[str, ...],
    since: str = "",
    what: str = PROJECTS_FOLDER,
    within: tuple[str, ...] = (".",),
) -> Commits:
    """Name who made, committed or shared every commit to a folder since an earlier one; `files` should be committed.

    `within` leaves out what else the folder holds; `what` names it for people.
    """
    program = GIT.find()
    if program is None:
        return Commits(gaps=(f"git is not installed, so the authors of {what} are unknown",))
    try:
        return _commits(str(program), folder, files, since, what, within)
    except subprocess.TimeoutExpired:
        return Commits(gaps=(f"git did not answer within {SECONDS:.0f} s",))
    except _Unknown as error:
        if "not a git repository" in str(error):
            return Commits(gaps=(f"{what} is not in git, so its other authors are unknown",))
        return Commits(gaps=(f"git does not say who committed to {what}: {error}",))


class _Unknown(Exception):
    """git refused, in its own words."""


def _commits(
    program: str, folder: Path, files: tuple[str, ...], since: str, what: str, within: tuple[str, ...]
) -> Commits:
    head = _ask(program, folder, "rev-parse", "--verify", "HEAD").strip()
    gaps = [
        f"{name} differs from its commit: who changed it is unknown"
        for name in files
        if (folder / name).is_file() and not _is_committed(program, folder, name)
    ]
    if _ask(program, folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        gaps.append(f"the history of {what} is cut short")
    known = bool(COMMIT.fullmatch(since)) and _is_ancestor(program, folder, since)
    if since and not known:
        gaps.append(
            "the commit of the last released version is not in this history: everybody who ever committed counts"
        )
    said = _ask(
        program,
        folder,
        "log",
        "--no-show-signature",
        "--no-color",
        f"--max-count={MOST_COMMITS + 1}",
        f"--format={_COMMIT}%n%ae%n%ce%n{_COAUTHORS}",
        f"{since}..HEAD" if known else "HEAD",
        "--",
        *within,
    )
    commits = said.split(f"{_COMMIT}\n")[1:]
    if len(commits) > MOST_COMMITS:
        gaps.append(
            f"the history of {what} has more than {MOST_COMMITS:,} commits: who made the older ones is not known"
        )
    if nameless := sum(not all(map(_EMAIL.search, commit.split("\n", 2)[:2])) for commit in commits):
        gaps.append(f"{nameless} of the commits to {what} have no address, so their authors are unknown")
    authors = tuple(sorted({email.casefold() for email in _EMAIL.findall(said)}))
    if not authors and not known:
        gaps = [f"{what} was never committed, so its other authors are unknown"]
    return Commits(authors, head, tuple(gaps))


def _is_committed(program: str, folder: Path, name: str) -> bool:
    """Whether a file's bytes are those of the last commit; compared here, since git would run the tree's filters."""
    entry = _ask(program, folder, "ls-tree", "HEAD", "--", name).split()
    if len(entry) < 3:
        return False
    content = (folder / name).read_bytes()
    make = hashlib.sha1 if len(entry[2]) == 40 else hashlib.sha256
    return make(b"blob %d\x00" % len(content) + content).hexdigest() == entry[2]


def _is_ancestor(program: str, folder: Path, commit: str) -> bool:
    return _run(program, folder, "merge-base", "--is-ancestor", commit, "HEAD").returncode == 0


def _ask(program: str, folder: Path, *words: str) -> str:
    ended = _run(program, folder, *words)
    if ended.returncode:
        raise _Unknown(ending_of(ended.stderr) or f"status {ended.returncode}")
    return ended.stdout.decode(errors="replace")


def _run(program: str, folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [program, "--no-pager", *_QUIET, "-C", str(folder), *words]
    return subprocess.run(
        command, env=_ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=SECONDS
    )
