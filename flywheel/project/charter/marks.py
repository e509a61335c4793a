"""Marks in a charter that was proposed: what only its author can decide stands as `# decide: ...` behind its line."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass

from flywheel.errors import InputRefused, Problem
from flywheel.project.charter.toml_text import Path, dotted, key_lines, statements
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.reading.written_units import currency_of

MARK = "  # decide: "
"""What stands between a line and its question."""
APART = "; "
"""What stands between two questions about one column; each has its `?`, and its `else` before the next."""
_COLUMNS = ("data", "columns")
LEFT_OUT = "-"
"""The answer that leaves a key out."""
PAYOFF, ERROR_COST, LOSS, CURRENCY = "value.payoff", "value.error_cost", "value.loss_per_year", "value.currency"
LATER = {
    LOSS: "# loss_per_year = 0  # what today's decisions lose in a year, once somebody knows: the return needs it\n"
}
"""The place that a key keeps which was left out and which somebody may know later."""
AMOUNTS = (LOSS, "value.volume_per_year")
RULE_SIDE = (
    "which side is answered within the limit of {column}? positive (acts) or negative (leaves); beyond it the other one"
)
"""No look at single columns says in which direction a rule decides, so that it is always asked."""
_OF_KINDS = {"between": ("number", "integer"), "unit": ("number", "integer"), "categories": ("category", "text")}
"""What is proposed for columns of some kinds alone, and falls with the kind."""
_TWO_SUMS = re.compile(r"(-?\d[\d_]*(?:\.\d+)?)\s*(?:;|\s)\s*(-?\d[\d_]*(?:\.\d+)?)")
"""The two costs that are asked for, in the order of the question, such as `10; 67`."""
_GROUPED = re.compile(r"(?<![\w.])[1-9]\d{0,2}(?:\.\d{3})+(?![\w.])", flags=re.ASCII)
"""What is a fraction to TOML and thousands to half of Europe: `1.100`."""
_SPACED = re.compile(r"(?<=\d)[ \u00a0\u202f'\u2019](?=\d{3}(?!\d))")
"""What parts thousands and nothing else, in a place of one number: `700 000`."""
_BOTH_SIGNS = re.compile(r"(?<![\w.,])(\d{1,3}(?:([.,])\d{3})+)([.,])(\d{1,2})(?![\w.,])", flags=re.ASCII)
"""What can be one number alone, since each of the two signs has its place: `700.000,00`."""
_QUOTED = re.compile(r"""\"[^"]*\"|'[^']*'""")
_YES_OR_NO = {
    **dict.fromkeys(("yes", "y", "true", "ja", "j"), True),
    **dict.fromkeys(("no", "n", "false", "nein"), False),
}
_MISSING_WORDS = re.compile(r"data\.sources\..+\.missing")
FROM, _YEAR = " from ", re.compile(r"[1-9]\d{3}", flags=re.ASCII)
"""What stands in a format before the first year that two digits mean, and such a year as an answer."""
ENCODING = re.compile(r"data\.sources\..+\.encoding")
_DATE_FORMAT = re.compile(r"data\.sources\..+\.date_format")
_FIRST = re.compile(r"\b(day|month|year) first is (\[[^\]]*\])")
"""What a question of dates says that a word for an answer writes."""
_OTHERWISE = re.compile(r"\belse ([a-z_]+ = [^;?]+?)(?=;|$)")
"""What a question says that a no would write."""
_MARK = re.compile(r"""^(?P<said>(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'#])*)#\s*decide:\s*(?P<question>.*?)\s*$""")
_EMPTY = re.compile(r"^#\s*(?P<key>[A-Za-z_]+)\s*=\s*\"\"\s*#\s*decide:\s*(?P<question>.*)$")


@dataclass(frozen=True)
class Mark:
    """A decision that is left to a person: where it stands, what is proposed, and the question."""

    line: int
    key: str
    proposed: str
    question: str
    later: tuple[str, ...] = ()
    """Further questions about the same line, each asked once the one before is answered."""

    def problem(self, file: str) -> Problem:
        """Name it as what keeps a charter from being registered."""
        what = f"is for you to decide: {APART.join((self.question, *self.later))}"
        allowed = "your answer, with the mark `# decide: ...` deleted; `flywheel decide` asks for each"
        return Problem(file, self.key, what, found=self.proposed or "nothing", allowed=allowed, line=self.line)


def open_marks(text: str) -> tuple[Mark, ...]:
    """Find what is still to be decided, in the order of the text; a mark in a string is none."""
    found: list[Mark] = []
    table: Path = ()
    paths = {line: path for path, line in key_lines(text).items()}
    for statement in statements(text):
        at = paths.get(statement.line, ())
        if statement.text.lstrip().startswith("["):
            table = at
        elif left_out := _EMPTY.match(statement.text):
            key = dotted((*table, left_out["key"]))
            found.append(Mark(statement.line, key, "", left_out["question"].strip()))
        elif at and (mark := _MARK.match(statement.text)):
            first, *later = _questions(mark["question"]) if at[:2] == _COLUMNS else (mark["question"],)
            said = mark["said"].split("=", 1)[1].strip()
            found.append(Mark(statement.line, dotted(at), said, first, tuple(later)))
    return tuple(found)


def _questions(asked: str) -> list[str]:
    """Take questions about one column apart, so that each gets an answer of its own."""
    found = [""]
    for piece in asked.split(APART):
        if "?" in found[-1]:
            found.append(piece)
        else:
            found[-1] = f"{found[-1]}{APART}{piece}" if found[-1] else piece
    return found


def decided(text: str, mark: Mark, answer: str = "") -> str:
    """Write an answer in a mark's place; without one what is proposed stands. Refuse what cannot be written there."""
    rows = text.splitlines(keepends=True)
    key, value = rows[mark.line - 1].split("=", 1)[0].strip("# \t"), mark.proposed
    if answer == LEFT_OUT:
        value = ""
    elif answer:
        value = toml_of(_meant(answer, mark))
    later = f"{MARK}{APART.join(mark.later)}" if mark.later else ""
    rows[mark.line - 1] = f"{key} = {value}{later}\n" if value else LATER.get(mark.key, "")
    return "".join(rows)


def _meant(answer: str, mark: Mark) -> object:
    """Read an answer as its place wants it.

    Words come without quotes, lists with commas, yes or no where that answers the question, `key = value` for a column.
    """
    proposed = _value(mark.proposed, mark) if mark.proposed else ""
    if mark.key in AMOUNTS or (mark.key in {PAYOFF, ERROR_COST} and ";" in answer):
        answer = _plain_amounts(answer)
    if _DATE_FORMAT.fullmatch(mark.key):
        return _formats(answer, mark)
    is_of_numbers = isinstance(proposed, int | float | dict) or mark.key == LOSS
    if is_of_numbers and (sums := _GROUPED.findall(_QUOTED.sub("", answer))):
        both = f"{sums[0]}0 for the fraction, or {sums[0].replace('.', '_')} for the thousands"
        what = f"{mark.key} may be one of two numbers"
        raise InputRefused(what, found=sums[0], allowed=both if sums[0].count(".") == 1 else sums[0].replace(".", "_"))
    said = _YES_OR_NO.get(answer.casefold())
    if isinstance(proposed, bool) and said is not None:
        return said
    if said is True and ENCODING.fullmatch(mark.key):
        return proposed
    if mark.key in {"data.positive", LOSS}:  # the target may have become another one, with other values
        return _simple(answer)
    if isinstance(proposed, dict):
        return _column(answer, proposed, said, mark)
    if isinstance(proposed, str):
        said_so = _text(answer)
        return currency_of(said_so) or said_so.upper() if mark.key == CURRENCY else said_so
    if isinstance(proposed, list) and not answer.startswith("["):
        return _listed(answer, proposed, said, mark)
    return _value(answer, mark)


def _plain_amounts(answer: str) -> str:
    """Write amounts as TOML does, where thousands are parted by what parts nothing else."""

    def plain(found: re.Match[str]) -> str:
        whole, thousands, decimal, fraction = found.groups()
        return found[0] if thousands == decimal else f"{whole.replace(thousands, '')}.{fraction}"

    return _BOTH_SIGNS.sub(plain, _SPACED.sub("", answer))


def _listed(answer: str, proposed: list[object], said: bool | None, mark: Mark) -> object:  # noqa: FBT001  yes, no or neither
    """Take a list as words with commas; of words that mean missing yes is all, no is none, and others are chosen."""
    words = [_text(part.strip()) for part in answer.split(",") if part.strip()]
    if not _MISSING_WORDS.fullmatch(mark.key):
        return words
    blank = [word for word in proposed if not str(word).strip()]
    if said is None and not set(words) <= set(proposed):
        raise _refused(answer, mark)
    return proposed if said else blank if said is False else [*blank, *words]


def _formats(answer: str, mark: Mark) -> object:
    """Take what comes first in a day, a further format, or a whole list of them."""
    choices = dict(_FIRST.findall(mark.question))
    if listed := choices.get(answer.casefold().removesuffix(" first")):
        return _value(listed, mark)
    is_of_years = FROM in mark.proposed and not choices
    if answer.startswith("["):
        return _value(answer, mark)
    if is_of_years and _YES_OR_NO.get(answer.casefold()):
        return _value(mark.proposed, mark)
    if _YEAR.fullmatch(answer) and FROM in mark.proposed:
        return _value(re.sub(rf"{FROM}\d{{4}}", FROM + answer, mark.proposed), mark)
    if "%" not in answer:
        raise _refused(answer, mark)
    settled = _value(mark.proposed, mark) if mark.proposed else []
    assert isinstance(settled, list)
    return [*settled, _text(answer)]


def _column(answer: str, proposed: dict[str, object], said: bool | None, mark: Mark) -> object:  # noqa: FBT001  yes, no or neither
    """Change what is said of a column, or another table, by a whole table, by one of its keys, or by yes and no."""
    if said is True and mark.key.startswith("data.columns."):
        return proposed
    if mark.key == PAYOFF and (sums := _TWO_SUMS.fullmatch(answer)):
        needless, missed = (_value(part.replace("_", "").removeprefix("-"), mark) for part in sums.groups())
        return proposed | {"false_positive": _loss(needless), "false_negative": _loss(missed)}
    if mark.key == ERROR_COST and (sums := _TWO_SUMS.fullmatch(answer)):
        over, under = (_value(part.replace("_", ""), mark) for part in sums.groups())
        return {"over": over, "under": under}
    otherwise = _OTHERWISE.findall(mark.question)
    if said is False and len(otherwise) == 1 and mark.question.count("?") == 1:
        answer = otherwise[0]
    if "=" not in answer:
        raise _refused(answer, mark)
    read = _value(answer if answer.startswith("{") else f"{{ {answer} }}", mark)
    if not isinstance(read, dict):
        raise _refused(answer, mark)
    if answer.startswith("{"):
        return read
    merged = proposed | read
    return {key: value for key, value in merged.items() if key in read or _has_meaning(key, merged.get("kind"))}


def _has_meaning(key: str, kind: object) -> bool:
    """Whether what was proposed for a column of one kind can stand in one of another."""
    return kind is None or kind in _OF_KINDS.get(key, (kind,))


def _loss(amount: object) -> object:
    """What a mistake costs is asked for as a cost, and written as what it brings."""
    assert isinstance(amount, int | float)
    return -amount


def _simple(answer: str) -> object:
    """Take a number or a truth as such, and all else as words."""
    with suppress(tomllib.TOMLDecodeError, ValueError):
        read = tomllib.loads(f"x = {answer}\n")["x"]
        if isinstance(read, bool | int | float):
            return read
    return _text(answer)


def _text(answer: str) -> str:
    """Take words as they stand, and in quotes as TOML reads them, where it can."""
    if answer.startswith(('"', "'")):
        with suppress(tomllib.TOMLDecodeError):
            read = tomllib.loads(f"x = {answer}\n")
            if set(read) == {"x"} and isinstance(read["x"], str):
                return read["x"]
    return answer


def _value(text: str, mark: Mark) -> object:
    try:
        return tomllib.loads(f"x = {text}\n")["x"]
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise _refused(text, mark) from error


def _refused(answer: str, mark: Mark) -> InputRefused:
    allowed = f"such as {mark.proposed}" if mark.proposed else "the name of a column"
    if mark.proposed in {"true", "false"}:
        allowed = "yes or no"
    if _DATE_FORMAT.fullmatch(mark.key):
        first = ["a year, such as 1930"] if FROM in mark.proposed else []
        allowed = " or ".join([*dict(_FIRST.findall(mark.question)), *first, 'formats, such as ["%d/%m/%Y"]'])
    if _MISSING_WORDS.fullmatch(mark.key):
        allowed = "yes, no, some of these with commas, or a whole list in brackets"
    if mark.proposed.startswith("{"):
        choices = _OTHERWISE.findall(mark.question)
        own = f"one of its keys, such as {_first_key(mark.proposed)}"
        if mark.key == PAYOFF:
            own = "the two costs, such as `10; 67`, or keys, such as false_positive = -10, false_negative = -67"
        elif mark.key == ERROR_COST:
            own = "the two costs, such as `0.5; 2`, or keys, such as over = 0.5, under = 2"
        elif "?" in mark.question and not choices:
            own = f"yes, or what it is instead, as {mark.proposed}"
        allowed = " or ".join([*choices, own])
    return InputRefused(f"{mark.key} cannot be that", found=answer, allowed=f"{allowed}; Enter takes {_shown(mark)}")


def _first_key(table: str) -> str:
    return next(f"{key} = {toml_of(value)}" for key, value in tomllib.loads(f"x = {table}")["x"].items())


def _shown(mark: Mark) -> str:
    return "what is proposed" if mark.proposed else "none"
