"""Holds the answer to a mark against the charter, so that nothing is written down which would be refused later."""

from __future__ import annotations

import re
from difflib import get_close_matches

from flywheel.errors import InputRefused, Problem, some_of
from flywheel.project.charter.marks import ENCODING, LEFT_OUT, MARK, RULE_SIDE, Mark, decided, open_marks
from flywheel.project.charter.placeholders import is_example, why_empty
from flywheel.project.charter.toml_text import key_lines, parse
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.loader import problems_in
from flywheel.project.proposing.formats_answered import are_formats, with_formats
from flywheel.project.reading.text_form import ENCODINGS

_RULE_COLUMN = "delivery.rule.column"
_LIMIT_ANEW = "the limit was chosen for another column: at which value of {column} does its answer change?"
_ASKED_ANEW = {
    "at_least": _LIMIT_ANEW,
    "at_most": _LIMIT_ANEW,
    "then": RULE_SIDE,
}
"""What was said of the rule's former column, with the question that takes its place."""
_HEADER = re.compile(r"data\.sources\..+\.header")
_PROCESS, _STEP = "problem.process", "problem.decision"
_WHICH_STEP = "which of these steps does the model serve? {steps}"
_TARGET, _POSITIVE = "data.target", "data.positive"
_YES_ASKED = "which value of {target} is the yes?"
_NAMES_A_COLUMN = frozenset({_TARGET, "data.entity", "data.time"})


def settled(text: str, mark: Mark, answer: str = "") -> str:
    """Write an answer in a mark's place, without one what is proposed; refuse what the charter would refuse there."""
    if answer and answer != LEFT_OUT and (why := why_empty(mark.key, mark.question, answer)):
        raise InputRefused(f"{mark.key} {why}", found=answer, allowed=f"a sentence of your own: {mark.question}")
    if answer and _HEADER.fullmatch(mark.key) and (said := decided(text, mark, answer)) != decided(text, mark):
        _refuse_other_names(mark, said)
    after = with_formats(text, mark, answer) if are_formats(mark, answer) else decided(text, mark, answer)
    if answer and ENCODING.fullmatch(mark.key):
        after = _read_anew(after, mark, answer)
    if answer and mark.key == _RULE_COLUMN and after != decided(text, mark):
        after = _with_its_limit_and_side_asked(after)
    if answer and mark.key == _TARGET:
        after = _with_its_yes_asked(after)
    if answer and mark.key == _PROCESS:
        after = _with_its_step_asked(after)
    if answer and mark.key in _NAMES_A_COLUMN:
        _must_be_declared(after, mark)
    asked_later = {one.key for one in open_marks(after)}
    before = {_fault(problem) for problem in problems_in(text)}
    for problem in problems_in(after):
        is_here = problem.key == mark.key or problem.key.startswith((f"{mark.key}.", f"{mark.key}["))
        is_new = _fault(problem) not in before and problem.key not in asked_later
        if is_here or (is_new and mark.key not in _NAMES_A_COLUMN):  # what is said of that column is told by `check`
            raise _refusal(problem, mark)
    return after


def proposal_refused(text: str, mark: Mark) -> str:
    """Say why what is proposed cannot stand, after what was answered since; nothing where it can."""
    try:
        settled(text, mark)
    except InputRefused as refused:
        return refused.sentence()
    return ""


def shows_only(mark: Mark) -> bool:
    """Whether nothing stands at a mark that whoever is asked can take for an answer: an example, or no target."""
    is_lacking = not mark.proposed and mark.key in {_TARGET, _POSITIVE}
    is_of_another_column = mark.question.startswith(_LIMIT_ANEW.partition("{")[0])
    return is_lacking or is_of_another_column or is_example(mark.key, mark.question, mark.proposed)


def _refuse_other_names(mark: Mark, said: str) -> None:
    """Refuse the other answer: every column would have another name, and other values."""
    option = "--no-header" if mark.proposed == "true" else "--header"
    raise InputRefused(
        f"{mark.key} cannot be changed alone: the columns below it were proposed by {mark.proposed}",
        found=said.splitlines()[mark.line - 1].partition("=")[2].strip(),
        allowed=mark.proposed,
        next_step=f"delete this folder, and propose it anew: `flywheel new NAME --from FILE {option}`",
    )


def _with_its_limit_and_side_asked(text: str) -> str:
    """Ask anew for limit and side of a rule once its column is another one: what held of the one says nothing of it."""
    rows = text.splitlines(keepends=True)
    column = parse(text, file="project.toml")["delivery"]["rule"]["column"]
    shown = column if str(column).isprintable() else "that column"
    for path, line in key_lines(text).items():
        is_own_line = rows[line - 1].lstrip().startswith(tuple(_ASKED_ANEW))
        if path[:-1] == ("delivery", "rule") and path[-1] in _ASKED_ANEW and is_own_line:
            said = rows[line - 1].partition("#")[0].rstrip()
            rows[line - 1] = f"{said}{MARK}{_ASKED_ANEW[path[-1]].format(column=shown)}\n"
    return "".join(rows)


def _with_its_yes_asked(text: str) -> str:
    """Ask for the yes of a target that was named by hand, where none stands there yet."""
    data = parse(text, file="project.toml")["data"]
    target, line = data.get("target"), key_lines(text).get(("data", "target"))
    if line is None or "positive" in data or any(one.key == _POSITIVE for one in open_marks(text)):
        return text
    rows = text.splitlines(keepends=True)
    shown = target if str(target).isprintable() else "that column"
    rows.insert(line, f'# positive = ""{MARK}{_YES_ASKED.format(target=shown)}\n')
    return "".join(rows)


def _with_its_step_asked(text: str) -> str:
    """Ask which step of the process is served, by the steps that were named; the first stands there meanwhile."""
    rows = text.splitlines(keepends=True)
    problem = parse(text, file="project.toml").get("problem", {})
    steps, line = problem.get("process"), key_lines(text).get(tuple(_STEP.split(".")))
    if line is None or not isinstance(steps, list) or not steps or problem.get("decision") in steps:
        return text
    shown = some_of(filter(str.isprintable, map(str, steps)))
    rows[line - 1] = f"decision = {toml_of(steps[0])}{MARK}{_WHICH_STEP.format(steps=shown)}\n"
    return "".join(rows)


def _read_anew(text: str, mark: Mark, answer: str) -> str:
    """Read by another encoding what was proposed from the data: headers, categories and words."""
    proposed, wanted = mark.proposed.strip('"'), answer.strip("\"'")
    if proposed == wanted or wanted not in ENCODINGS:
        return text  # which is refused for what it is
    head, apart, data = text.partition("\n[data]")
    try:
        return (
            head
            + apart
            + "".join(
                row if row.isascii() else row.encode(proposed).decode(wanted) for row in data.splitlines(keepends=True)
            )
        )
    except UnicodeError as error:
        raise InputRefused(
            f"{mark.key} cannot be that: the proposal by {proposed} has words that {wanted} cannot read",
            found=wanted,
            allowed=", ".join(ENCODINGS),
            next_step="save the file as UTF-8 and propose it anew with `flywheel new NAME --from FILE`",
        ) from error


def _must_be_declared(text: str, mark: Mark) -> None:
    """Refuse a key that names no column, where the columns are listed."""
    data = parse(text, file="project.toml")["data"]
    columns, named = data.get("columns", {}), data.get(mark.key.partition(".")[2])
    if named is not None and columns and named not in columns:
        near = get_close_matches(str(named), columns, n=1)
        raise InputRefused(
            f"{mark.key} names no column",
            found=named,
            allowed=some_of(columns),
            next_step=f"did you mean {near[0]}?" if near else "",
        )


def _refusal(problem: Problem, mark: Mark) -> InputRefused:
    of = "" if problem.key == mark.key else f"{mark.key} cannot be that: "
    return InputRefused(
        f"{of}{problem.key} {problem.what}" + (f", found {problem.found}" if problem.found else ""),
        allowed=problem.allowed,
        next_step=f"did you mean {problem.suggestion}?" if problem.suggestion else "",
    )


def _fault(problem: Problem) -> tuple[str, str, str]:
    return problem.key, problem.what, problem.found
