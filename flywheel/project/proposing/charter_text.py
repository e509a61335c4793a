"""Writes what was proposed into the template of a charter, with a comment wherever a person must decide."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from flywheel.project.kinds import Kind
from flywheel.project.marks import MARK
from flywheel.project.proposing.columns import CODES_ASKED, Proposed
from flywheel.project.proposing.keys import Keys
from flywheel.project.text_form import TextForm

NEEDLESS = 10
"""What is proposed as the cost of acting without need; every other sum is proposed in proportion to it."""
PARTS_AT_MOST = 12
"""A category with more values than this is no first choice for slices."""
_NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})


@dataclass(frozen=True)
class Proposal:
    """Everything that a charter says of its data: the source, the columns, and what they are about."""

    uri: str
    form: TextForm | None
    columns: tuple[Proposed, ...]
    keys: Keys
    rows: int
    is_whole: bool

    def of(self, name: str | None) -> Proposed | None:
        """Find a column."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def features(self) -> tuple[Proposed, ...]:
        """The columns that are none of the keys and that a model may use."""
        keys = {self.keys.target, self.keys.entity, self.keys.time}
        return tuple(one for one in self.columns if one.name not in keys and not _is_kept(one))


def charter_text(template: str, proposal: Proposal, *, owner: str = "") -> str:
    """Fill the template: its data block is written anew, and what names columns elsewhere names these."""
    head, rest = template.split("[data]\n", 1)
    tail = "[research]\n" + rest.split("[research]\n", 1)[1]
    if owner:
        said = f"owner = {quoted(owner)}  # "
        head = re.sub(r'^owner = "[^"]*" *# decide: ', lambda _: said, head, flags=re.MULTILINE)
    tail = _split(_rule(_slices(tail, proposal), proposal), proposal)
    return _money(_title(head, proposal.keys), proposal.keys) + _data(proposal) + "\n" + tail


def quoted(text: str) -> str:
    """Write a text as TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in escaped) + '"'


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
        f"{yes:.1%} that are a yes (false_negative)? Gains go under true_*. As proposed, yes to all and no to all cost "
        "the same"
    )
    line = f"payoff = {{ {sums}, false_negative = -{missed:_} }}{MARK}{question}"
    return re.sub(r"^payoff = .*$", lambda _: line, head, flags=re.MULTILINE)


def _two_digits(amount: float) -> int:
    """Round to two digits: 27.7 becomes 28, 9,990 becomes 10,000; never less than one."""
    return max(1, int(float(f"{amount:.1e}")))


def _data(proposal: Proposal) -> str:
    keys = proposal.keys
    looked = f"all {proposal.rows:,} rows" if proposal.is_whole else f"{proposal.rows:,} rows, a part of the file"
    lines = [f"[data]{' ' * 45}# proposed from a look at {looked}; correct what is wrong"]
    lines.append(_key("target", keys.target, keys.other_targets, "what is to be predicted?"))
    if keys.target:
        value = _literal(keys.positive or "", proposal.of(keys.target))
        lines.append(f"positive = {value}{MARK}is this the yes of the target?")
    lines.append(_key("entity", keys.entity, keys.other_entities, "who or what is a row about?"))
    lines.append(_key("time", keys.time, keys.other_times, "when did it happen?"))
    lines += ["", "[data.sources.main]", f"uri = {quoted(proposal.uri)}"]
    lines += _form(proposal)
    lines += [
        'purpose = "why these data may be used"  # decide: why may these data be used, in a sentence?',
        "",
        "[data.columns]",
    ]
    lines += _columns(proposal)
    if keys.entity:
        check = f"expect_column_values_to_be_unique = {{ column = {quoted(keys.entity)} }}"
        lines += ["", "[[data.checks]]", check, 'severity = "critical"']
    return "\n".join([*lines, ""])


def _key(key: str, name: str | None, others: Sequence[str], question: str) -> str:
    hint = f" It may be {', '.join(others[:8])}" if others else ""
    if name:
        return f"{key} = {quoted(name)}{MARK}{question}{hint}"
    return f'# {key} = ""{MARK}{question}{hint}' if others else f'# {key} = ""  # {question} No column was found for it'


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
        line = _column(one, proposal)
        if len(coded) > 1 and one.name == coded[0]:
            line = line.replace(CODES_ASKED, f"{CODES_ASKED} here and in {len(coded) - 1} columns below")
        elif one.name in coded[1:]:
            line = line.replace(f"{MARK}{CODES_ASKED}", f"  # codes as in {coded[0]}")
        lines += [line] if line else []
    return lines


def _column(one: Proposed, proposal: Proposal) -> str:
    keys = proposal.keys
    is_key = one.name in {keys.target, keys.entity, keys.time}
    if is_key and not one.alias and one.name != keys.target:
        return ""
    kind = Kind.TEXT if one.name == keys.entity else one.kind
    parts = [f"kind = {quoted(kind.value)}"]
    if one.alias:
        parts.append(f"alias = {quoted(one.alias)}")
    notes = list(one.decide) if not is_key else []
    if not is_key:
        if _is_kept(one):
            parts.append('role = "kept"')
            notes.append(_why_kept(one))
        if one.between is not None and kind in _NUMERIC:
            parts.append(f"between = [{_bound(one.between[0])}, {_bound(one.between[1])}]")
        if one.categories:
            parts.append(f"categories = [{', '.join(map(quoted, one.categories))}]")
        parts.append(_missing(one))
    note = f"{MARK}{'; '.join(notes)}" if notes else ""
    return f"{one.name} = {{ {', '.join(parts)} }}{note}"


def _is_kept(one: Proposed) -> bool:
    return (one.is_unique and one.kind not in {Kind.NUMBER, Kind.TIME}) or one.is_constant


def _why_kept(one: Proposed) -> str:
    return "one value only tells nothing" if one.is_constant else "each row has its own, so it is a name"


def _missing(one: Proposed) -> str:
    at_most = min(1.0, math.ceil((one.missing_share * 1.2 + 0.01) * 100) / 100)
    codes = f"codes = [{', '.join(_plain(code) for code in one.codes)}], " if one.codes else ""
    return f"missing = {{ {codes}at_most = {at_most:g} }}"


def _plain(code: float | int | str) -> str:
    return quoted(code) if isinstance(code, str) else repr(code)


def _bound(bound: float) -> str:
    return f"{int(bound):_}" if bound.is_integer() else repr(bound)


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
    amounts = [one for one in proposal.features if one.kind in _NUMERIC and one.middle is not None]
    if not amounts:
        tail = tail.replace('fallback = ["previous", "rule"]', 'fallback = ["previous"]')
        return re.sub(r"^\[delivery\.rule\]\n(?:[^\[\n].*\n)*", "", tail, flags=re.MULTILINE)
    best = max(amounts, key=lambda one: (one.missing_share == 0, min(one.distinct, 100)))
    limit = _bound(float(best.middle or 0.0))
    return re.sub(
        r"(\[delivery\.rule\]\n)column = .*\nat_most = .*\n",
        lambda match: (
            f"{match[1]}column = {quoted(best.name)}{MARK}the rule that decides where no model may\nat_most = {limit}\n"
        ),
        tail,
    )


def _split(tail: str, proposal: Proposal) -> str:
    time = proposal.of(proposal.keys.time)
    days = (time.span[1] - time.span[0]).days // 5 if time and time.span else 0
    if days < 2:
        return tail
    split = f'split = {{ by = "time", validation = "{days} days", test = "{days} days" }}'
    note = f"{MARK}of the latest days; or by entity, or random"
    return re.sub(r"^split = .*$", lambda _: split + note, tail, flags=re.MULTILINE)
