"""Writes what was proposed into the template of a charter, with a comment wherever a person must decide."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from flywheel.errors import counted, some_of
from flywheel.project.kinds import Kind
from flywheel.project.marks import MARK
from flywheel.project.proposing.columns import CODES_ASKED, Proposed, number_of
from flywheel.project.proposing.keys import Keys
from flywheel.project.proposing.personal import Personal
from flywheel.project.text_form import TextForm
from flywheel.project.toml_values import quoted

NEEDLESS = 10
"""What is proposed as the cost of acting without need; every other sum is proposed in proportion to it."""
PARTS_AT_MOST = 12
"""A category with more values than this is no first choice for slices."""
_LONGEST_ANSWER, _MOST_ANSWERS = 40, 6
_TEST_SHARES = ((1_000, 0.4), (3_000, 0.3))
"""Below so many rows whose target is known, so much of them is kept for the test."""
_NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})
_WHOLE_BELOW = 2.0**63
"""From here on a number is no integer of 64 bits, which TOML holds."""
_LONGEST_SPAN = 200 * 365
"""Days between the first and the last row; rows of 0001 or 9999 say that nobody knew, and cut nothing."""


@dataclass(frozen=True)
class Proposal:
    """Everything that a charter says of its data: the source, the columns, and what they are about."""

    uri: str
    form: TextForm | None
    columns: tuple[Proposed, ...]
    keys: Keys
    rows: int
    is_whole: bool
    left_out: Mapping[str, str]
    """Columns that a charter cannot speak of, each with the reason."""

    def of(self, name: str | None) -> Proposed | None:
        """Find a column."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def features(self) -> tuple[Proposed, ...]:
        """The columns that are none of the keys and that a model may use."""
        keys = {self.keys.target, self.keys.entity, self.keys.time}
        return tuple(one for one in self.columns if one.name not in keys and not one.kept)


def charter_text(template: str, proposal: Proposal, *, owner: str = "") -> str:
    """Fill the template: its data block is written anew, and what names columns elsewhere names these."""
    head, rest = template.split("[data]\n", 1)
    tail = "[research]\n" + rest.split("[research]\n", 1)[1]
    if owner:
        said = f"owner = {quoted(owner)}  # "
        head = re.sub(r'^owner = "[^"]*" *# decide: ', lambda _: said, head, flags=re.MULTILINE)
    tail = _split(_rule(_slices(tail, proposal), proposal), proposal)
    return _money(_title(head, proposal.keys), proposal.keys) + _data(proposal) + "\n" + tail


def _title(head: str, keys: Keys) -> str:
    """Propose a title by what is foreseen."""
    title = f"title = {quoted(f'Foresee whether {keys.target} is {keys.positive}')}  #" if keys.target else ""
    return re.sub(r'^title = "[^"]*" *#', lambda _: title, head, flags=re.MULTILINE) if title else head


def _money(head: str, keys: Keys) -> str:
    """Propose what mistakes cost, in such a proportion that neither of the two naive answers has a start."""
    yes = keys.positive_share
    if keys.target is None or yes is None or not 0 < yes < 1:
        return head
    sums = f"true_positive = 0, false_positive = -{NEEDLESS}, true_negative = 0"
    missed = _two_digits(NEEDLESS * (1 - yes) / yes)
    question = (
        "what does one case cost you where you act without need (false_positive), and where you miss one of the "
        f"{yes:.1%} that are a yes (false_negative)? Two sums, such as `{NEEDLESS}; {missed}`, in that order; gains go "
        "under true_*. As proposed, yes to all and no to all cost the same"
    )
    line = f"payoff = {{ {sums}, false_negative = -{missed:_} }}{MARK}{question}"
    return re.sub(r"^payoff = .*$", lambda _: line, head, flags=re.MULTILINE)


def _two_digits(amount: float) -> int:
    """Round to two digits: 27.7 becomes 28, 9,990 becomes 10,000; never less than one."""
    return max(1, int(float(f"{amount:.1e}")))


def _data(proposal: Proposal) -> str:
    keys = proposal.keys
    looked = (
        f"all {counted(proposal.rows, 'row')}"
        if proposal.is_whole
        else f"{counted(proposal.rows, 'row')}, a part of the file"
    )
    lines = [f"[data]{' ' * 45}# proposed from a look at {looked}; correct what is wrong"]
    lines.append(_key("target", keys.target, keys.other_targets, "what is to be predicted?"))
    if keys.target:
        value = _literal(keys.positive or "", proposal.of(keys.target))
        lines.append(f"positive = {value}{_question(_which_is_yes(proposal))}")
    lines.append(_key("entity", keys.entity, keys.other_entities, "who or what is a row about?"))
    lines.append(_key("time", keys.time, keys.other_times, "when did it happen?"))
    lines += ["", "[data.sources.main]", f"uri = {quoted(proposal.uri)}"]
    lines += _form(proposal)
    lines += [
        f'purpose = "why these data may be used"{MARK}why may these data be used, in a sentence?',
        "",
        "[data.columns]",
    ]
    lines += _columns(proposal)
    if keys.entity:
        check = f"expect_column_values_to_be_unique = {{ column = {quoted(keys.entity)} }}"
        lines += ["", "[[data.checks]]", check, 'severity = "critical"']
    return "\n".join([*lines, ""])


def _key(key: str, name: str | None, others: Sequence[str], question: str) -> str:
    hint = f" It may be {some_of(others, most=8)}" if others else ""
    if name:
        return f"{key} = {quoted(name)}{_question(question + hint)}"
    return (
        f'# {key} = ""{_question(question + hint)}'
        if others
        else f'# {key} = ""  # {question} No column was found for it'
    )


def _which_is_yes(proposal: Proposal) -> str:
    """Ask for the yes of the target, with what it says and how often."""
    keys = proposal.keys
    counts = ", ".join(f"{count:,} x {value[:_LONGEST_ANSWER]}" for value, count in keys.answers[:_MOST_ANSWERS])
    others = len(keys.answers) - _MOST_ANSWERS
    more = f" and {counted(others, 'other value')}" if others > 0 else ""
    where = "" if proposal.is_whole else " in the part that was looked at"
    if len(keys.answers) == 1:
        more += ", and nothing else: where an empty field is the other answer, write it out at the source"
    return f"is this the yes of the target? {keys.target} is {counts}{more}{where}"


def _question(text: str) -> str:
    """Write a question behind its line; what it shows of the data stays on that line."""
    return MARK + "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _form(proposal: Proposal) -> list[str]:
    if proposal.form is None:
        return []
    plain, form = TextForm(), proposal.form
    said = [(field.name, getattr(form, field.name)) for field in fields(TextForm)]
    lines = []
    for name, value in said:
        if value == getattr(plain, name) and name not in {"delimiter", "encoding"}:
            continue
        if isinstance(value, tuple):
            note = (
                f"{MARK}does each of these mean missing, in every column?"
                if name == "missing" and any(map(str.strip, value))
                else ""
            )
            lines.append(f"{name} = [{', '.join(map(quoted, value))}]{note}")
        else:
            lines.append(f"{name} = {quoted(value) if isinstance(value, str) else str(value).lower()}")
    return lines


def _columns(proposal: Proposal) -> list[str]:
    """Write a line for each column; one question that many share is asked once, and the others point to it."""
    coded = [one.name for one in proposal.columns if CODES_ASKED in one.decide]
    lines = []
    for one in proposal.columns:
        line, asked = _column(one, proposal), _asked(one, proposal.keys)
        if len(coded) > 1 and one.name == coded[0]:
            asked = [
                f"{CODES_ASKED[:-1]} here and in {counted(len(coded) - 1, 'column')} below?"
                if part.startswith(CODES_ASKED)
                else part
                for part in asked
            ]
        elif one.name in coded[1:]:
            asked = [part for part in asked if not part.startswith(CODES_ASKED)]
            line += "" if asked else f"  # codes as in {coded[0]}"
        elif one.is_constant and not asked:
            line += f"  # {one.kept}"
        lines.append(line + (_question("; ".join(asked)) if asked else ""))
    return [*lines, *(f"# {name} is left out: {why}" for name, why in proposal.left_out.items())]


def _column(one: Proposed, proposal: Proposal) -> str:
    keys = proposal.keys
    is_key = one.name in {keys.target, keys.entity, keys.time}
    kind = Kind.TEXT if one.name == keys.entity else one.kind
    parts = [f"kind = {quoted(kind.value)}"]
    if one.alias:
        parts.append(f"alias = {quoted(one.alias)}")
    if one.categories and (not is_key or one.name == keys.target):
        parts.append(f"categories = [{', '.join(map(quoted, one.categories))}]")
    if one.name == keys.target and (ends := _ends(one, proposal)):
        parts.append(f"between = [{_bound(ends[0])}, {_bound(ends[1])}]")
    if not is_key:
        if one.kept:
            parts.append('role = "kept"')
        if one.personal is Personal.IDENTITY:
            parts.append("permitted = false")
        parts.append(_held_to(one))
    return f"{one.name} = {{ {', '.join(parts)} }}"


def _ends(target: Proposed, proposal: Proposal) -> tuple[float, float] | None:
    """Give the least and the largest answer of a target of numbers."""
    said = [number_of(value, proposal.form or TextForm()) for value, _ in proposal.keys.answers]
    numbers = [number for number in said if number is not None]
    return (min(numbers), max(numbers)) if target.kind in _NUMERIC and numbers else None


def _asked(one: Proposed, keys: Keys) -> list[str]:
    """Say what its author must decide about a column, and after `else` what a no writes there."""
    if one.name in {keys.target, keys.entity, keys.time}:
        return []
    asked = list(one.decide)
    if one.otherwise is not None:
        asked[-1] = f"{asked[-1]} else {_held_to(one.otherwise)}"
    if one.kept and not one.is_constant:
        asked.append(f'{one.kept}, so it is kept aside: is that right? else role = "feature"')
    if one.personal is not None and not (one.kept and one.personal is Personal.TRAIT):
        asked.append(one.personal.value)
    return asked


def _held_to(one: Proposed) -> str:
    """Write what the values of a column are held to: their bounds, and what counts as missing."""
    low_and_high = f"between = [{_bound(one.between[0])}, {_bound(one.between[1])}], " if one.between else ""
    return low_and_high + _missing(one)


def _missing(one: Proposed) -> str:
    at_most = min(1.0, math.ceil((one.missing_share * 1.2 + 0.01) * 100) / 100)
    codes = f"codes = [{', '.join(_plain(code) for code in one.codes)}], " if one.codes else ""
    return f"missing = {{ {codes}at_most = {at_most:g} }}"


def _plain(code: float | int | str) -> str:
    return quoted(code) if isinstance(code, str) else repr(code)


def _bound(bound: float) -> str:
    return f"{int(bound):_}" if bound.is_integer() and abs(bound) < _WHOLE_BELOW else repr(bound)


def _literal(value: str, target: Proposed | None) -> str:
    if target is not None and target.kind is Kind.BOOLEAN:
        return value.lower()
    if target is not None and target.kind in _NUMERIC:
        return value
    return quoted(value)


def _slices(tail: str, proposal: Proposal) -> str:
    of_words = [one for one in proposal.features if one.kind is Kind.CATEGORY and 2 <= one.distinct <= PARTS_AT_MOST]
    chosen = f"[{quoted(of_words[0].name)}]" if of_words else "[]"
    return re.sub(r"^slices = .*$", lambda _: f"slices = {chosen}", tail, flags=re.MULTILINE)


def _rule(tail: str, proposal: Proposal) -> str:
    amounts = [one for one in proposal.features if one.kind in _NUMERIC and one.has_upper_half]
    if not amounts:
        tail = tail.replace('fallback = ["previous", "rule"]', 'fallback = ["previous"]')
        return re.sub(r"^\[delivery\.rule\]\n(?:[^\[\n].*\n)*", "", tail, flags=re.MULTILINE)
    best = max(amounts, key=lambda one: (one.personal is None, one.missing_share == 0, min(one.distinct, 100)))
    limit = _bound(float(best.middle or 0.0))
    return re.sub(
        r"(\[delivery\.rule\]\n)column = .*\nat_most = .*\n",
        lambda match: (
            f"{match[1]}column = {quoted(best.name)}{MARK}the rule that decides where no model may\nat_most = {limit}\n"
        ),
        tail,
    )


def _split(tail: str, proposal: Proposal) -> str:
    """Cut the latest days off where rows have a time, and more for the test where there are few rows."""
    time, labelled = proposal.of(proposal.keys.time), proposal.keys.labelled
    test = next((share for below, share in _TEST_SHARES if labelled < below), 0.2) if proposal.is_whole else 0.2
    span = (time.span[1] - time.span[0]).days if time and time.span else 0
    span = span if span <= _LONGEST_SPAN else 0  # some of these are no times at all
    why = f"{counted(labelled, 'row', 'are')} few, and with few rows left for the test no gain can be told from chance"
    if span // 5 >= 2:
        days = f'validation = "{span // 5} days", test = "{round(span * test)} days"'
        asked = "of the latest days; or by entity, or random" + (f". {why}" if test > 0.2 else "")
        split = f'split = {{ by = "time", {days} }}{MARK}{asked}'
    elif test > 0.2:
        split = f'split = {{ by = "random", validation = 0.2, test = {test} }}  # {why}'
    else:
        return tail
    return re.sub(r"^split = .*$", lambda _: split, tail, flags=re.MULTILINE)
