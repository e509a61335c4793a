"""Writes what was proposed into the template of a charter, with a comment wherever a person must decide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flywheel.errors import counted, some_of
from flywheel.project.charter.marks import MARK, RULE_SIDE
from flywheel.project.charter.tasks import Task
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.proposing.amount_text import for_amounts
from flywheel.project.proposing.column_lines import NUMERIC, behind, bound, column_lines
from flywheel.project.proposing.form_lines import form_lines
from flywheel.project.proposing.keys import Keys
from flywheel.project.proposing.proposal import Proposal
from flywheel.project.proposing.seeming_times import AS_TIMES
from flywheel.project.proposing.signs import number_in
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm
from flywheel.project.reading.written_units import currency_of

NEEDLESS = 10
"""What is proposed as the cost of acting without need; every other sum is proposed in proportion to it."""
PARTS_AT_MOST = 12
"""A category with more values than this is no first choice for slices."""
_LONGEST_ANSWER, _MOST_ANSWERS = 40, 6
_TEST_SHARES = ((1_000, 0.4), (3_000, 0.3))
"""Below so many rows whose target is known, so much of them is kept for the test."""
_LONGEST_SPAN = 200 * 365
"""Days between the first and the last row; rows of 0001 or 9999 say that nobody knew, and cut nothing."""
_WHAT: Mapping[Task, str] = {
    "binary": "what is to be predicted? A column of two answers.",
    "regression": "what is to be predicted? A column of numbers.",
}
_WHEN = "when was the decision asked for? A day that lies ahead then, such as an appointment, is none"


def charter_text(template: str, proposal: Proposal, *, owner: str = "") -> str:
    """Fill the template: its data block is written anew, and what names columns elsewhere names these."""
    head, rest = template.split("[data]\n", 1)
    tail = "[research]\n" + rest.split("[research]\n", 1)[1]
    if owner:
        said = f"owner = {toml_of(owner)}  # "
        head = re.sub(r'^owner = "[^"]*" *# decide: ', lambda _: said, head, flags=re.MULTILINE)
    tail = _exempt(_split(_rule(_slices(tail, proposal), proposal), proposal), proposal)
    if proposal.keys.task == "regression":
        head, tail = for_amounts(head, tail, proposal.keys)
    else:
        head = _money(head, proposal.keys)
    head = _in_currency(_title(head, proposal.keys), proposal)
    return head + _data(proposal) + "\n" + tail


def _title(head: str, keys: Keys) -> str:
    """Propose a title by what is foreseen."""
    foreseen = f"whether {keys.target} is {keys.yes}" if keys.yes else f"{keys.target}"
    title = f"title = {toml_of(f'Foresee {foreseen}')}  #" if keys.target else ""
    return re.sub(r'^title = "[^"]*" *#', lambda _: title, head, flags=re.MULTILINE) if title else head


def _money(head: str, keys: Keys) -> str:
    """Propose what mistakes cost, in such a proportion that neither of the two constant answers has a start."""
    yes = keys.positive_share if keys.target else None
    is_known = yes is not None and 0 < yes < 1
    sums = f"true_positive = 0, false_positive = -{NEEDLESS}, true_negative = 0"
    missed = _two_digits(NEEDLESS * (1 - yes) / yes) if yes and is_known else 10 * NEEDLESS
    which = f"of the {yes:.1%} that are a yes" if is_known else "that is a yes"
    question = (
        f"what does one case cost you where you act without need (false_positive), and where you miss one {which} "
        f"(false_negative)? Two sums, such as `{NEEDLESS}; {missed}`, in that order; gains go under true_*"
    )
    question += ". As proposed, yes to all and no to all cost the same" if is_known else ""
    line = f"payoff = {{ {sums}, false_negative = -{missed:_} }}{MARK}{question}"
    return re.sub(r"^payoff = .*$", lambda _: line, head, flags=re.MULTILINE)


def _in_currency(head: str, proposal: Proposal) -> str:
    """Count money in the currency that stands beside the file's numbers or in its headers; ask where it is not one."""
    beside = {code: f"beside the numbers of {one.name}" for one in proposal.columns if (code := currency_of(one.unit))}
    headed = {code: f"in the header of {one.name}" for one in proposal.columns for code in _currencies_in(one.header)}
    found = beside or headed
    if len(found) == 1:
        (code, where), *_ = found.items()
        line = f"currency = {toml_of(code)}  # as {where}"
    else:
        seen = f"the file shows {some_of(f'{code} {where}' for code, where in found.items())}"
        why = seen if found else "nothing in the file shows it"
        line = f'currency = "EUR"{behind(f"in which currency is money counted? Three letters; {why}")}'
    return re.sub(r"^currency = .*$", lambda _: line, head, flags=re.MULTILINE)


def _currencies_in(header: str) -> set[str]:
    """Name the currencies that a header has in brackets, such as `cost (Ft)` and `[EUR]`."""
    return set(filter(None, map(currency_of, re.findall(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]", header))))


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
    lines.append(
        _key("target", keys.target, keys.other_targets or _few_answers(proposal), _WHAT[keys.task], is_needed=True)
    )
    if keys.target and keys.task == "binary":
        lines.append(_positive(proposal))
    lines.append(_key("entity", keys.entity, keys.other_entities, _whom(keys)))
    may_be_times = any(AS_TIMES in asked for one in proposal.columns for asked in one.decide)
    lines.append(_key("time", keys.time, keys.other_times, _WHEN, is_needed=may_be_times or bool(proposal.dates.asked)))
    lines += ["", "[data.sources.main]", f"uri = {toml_of(proposal.uri)}{_without(proposal)}"]
    lines += form_lines(proposal)
    lines += [
        f'purpose = "why these data may be used"{MARK}why may these data be used, in a sentence?',
        "",
        "[data.columns]",
    ]
    lines += column_lines(proposal)
    if keys.entity and (named := proposal.of(keys.entity)) and named.is_unique:
        check = f"expect_column_values_to_be_unique = {{ column = {toml_of(keys.entity)} }}"
        lines += ["", "[[data.checks]]", check, 'severity = "critical"']
    return "\n".join([*lines, ""])


def _without(proposal: Proposal) -> str:
    """Ask to take rows that are no cases out of the file."""
    if not proposal.no_cases:
        return ""
    return behind(f"{proposal.no_cases}: take such rows out of {proposal.uri}, and then Enter")


def _positive(proposal: Proposal) -> str:
    """Propose the yes of the target, where a charter can name it."""
    asked = _which_is_yes(proposal)
    if proposal.keys.yes:
        return f"positive = {toml_of(_meant(proposal.keys.yes, proposal))}{behind(asked)}"
    hidden = (
        " A value with a line break, signs that nobody sees or over 100 characters is no yes that a charter can name"
    )
    return f'# positive = ""{behind(f"{asked}.{hidden}: write it otherwise at the source")}'


def _few_answers(proposal: Proposal) -> tuple[str, ...]:
    """Name the columns of few answers, the last first: one may be a target once rows of the others are out."""
    few = [one.name for one in proposal.columns if one.kind is Kind.CATEGORY and 2 < one.distinct <= _MOST_ANSWERS]
    return tuple(reversed(few))


def _key(key: str, name: str | None, others: Sequence[str], question: str, *, is_needed: bool = False) -> str:
    """Write a key with its question; where nothing was found that may be it, it is asked only if it is needed."""
    hint = _or(others)
    if name:
        return f"{key} = {toml_of(name)}{behind(question + hint)}"
    return (
        f'# {key} = ""{behind(question + hint)}'
        if others or is_needed
        else f'# {key} = ""  # no column was found for it: {question}'
    )


def _whom(keys: Keys) -> str:
    """Ask what a row is about; where rows share a name, say so, for what they share is no new knowledge."""
    shared = [f"{one.name} stands in {one.sharing}" for one in keys.repeated]
    if not shared:
        return "who or what is a row about?"
    is_proposed = keys.entity in {one.name for one in keys.repeated}
    then = "`-` where no rows belong together" if is_proposed else "name it where such rows belong together"
    return f"who or what is a row about? {some_of(shared, most=3)}: {then}; rows of one stay in one part of the split."


def _or(others: Sequence[str]) -> str:
    """Name the other columns that a key may name."""
    return f" It may be {some_of(others, most=8)}" if others else ""


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


def _meant(value: str, proposal: Proposal) -> bool | float | str:
    """Give an answer of the target as rows are read: 1 where the file writes 1,0 and 1000 where it writes 1.000."""
    target = proposal.of(proposal.keys.target)
    if target is not None and target.kind is Kind.BOOLEAN:
        return value.lower() == "true"
    plain = number_in(value, proposal.form or TextForm()) if target is not None and target.kind in NUMERIC else None
    if target is None or plain is None:
        return value
    return int(plain) if target.kind is Kind.INTEGER else float(plain)


def _slices(tail: str, proposal: Proposal) -> str:
    of_words = [one for one in proposal.features if one.kind is Kind.CATEGORY and 2 <= one.distinct <= PARTS_AT_MOST]
    chosen = toml_of([one.name for one in of_words[:1]])
    return re.sub(r"^slices = .*$", lambda _: f"slices = {chosen}", tail, flags=re.MULTILINE)


def _rule(tail: str, proposal: Proposal) -> str:
    """Propose the rule's column among amounts: never a name in digits, which says nothing of the case."""
    amounts = proposal.amounts
    if not proposal.may_be_ruled:
        tail = tail.replace('fallback = ["previous", "rule"]', 'fallback = ["previous"]')
        tail = re.sub(r'(^watch = "sentinels".*\n)action = "fallback"', r'\1action = "page"', tail, flags=re.MULTILINE)
        return re.sub(r"^\[delivery\.rule\]\n(?:[^\[\n].*\n)*", "", tail, flags=re.MULTILINE)
    best = max(amounts, key=lambda one: (one.personal is None, one.missing_share == 0, min(one.distinct, 100)))
    limit = toml_of(bound(float(best.middle or 0.0)))
    others = [one.name for one in amounts if one is not best]
    asked = "by which column of numbers does the rule decide where no model may?" + _or(others)
    tail = re.sub(
        r'^then = "negative" .*$',
        lambda _: f'then = "negative"{MARK}{RULE_SIDE.format(column=f"{best.name} (at most {limit})")}',
        tail,
        flags=re.MULTILINE,
    )
    return re.sub(
        r"(\[delivery\.rule\]\n)column = .*\nat_most = .*\n",
        lambda match: f"{match[1]}column = {toml_of(best.name)}{behind(asked)}\nat_most = {limit}\n",
        tail,
    )


def _exempt(tail: str, proposal: Proposal) -> str:
    """Let sentinels and drift leave alone what follows the calendar."""
    names = [one.name for one in proposal.features if one.follows]
    if not names:
        return tail
    line = f"exempt = {toml_of(names)}  # they follow the calendar, of which each week holds a part"
    signal = r'^watch = "(?:sentinels|drift)".*\naction = ".*"$'
    return re.sub(signal, lambda met: f"{met[0]}\n{line}", tail, flags=re.MULTILINE)


def _split(tail: str, proposal: Proposal) -> str:
    """Cut the latest days off where rows have a time, and more for the test where there are few rows."""
    time, labelled = proposal.of(proposal.keys.time), proposal.keys.labelled or proposal.rows
    test = next((share for below, share in _TEST_SHARES if labelled < below), 0.2) if proposal.is_whole else 0.2
    span = (time.span[1] - time.span[0]).days if time and time.span else 0
    span = span if span <= _LONGEST_SPAN else 0  # some of these are no times at all
    why = f"{counted(labelled, 'row', 'are')} few, and with few rows left for the test no gain can be told from chance"
    if span // 5 >= 2:
        days = f'validation = "{span // 5} days", test = "{round(span * test)} days"'
        asked = "of the latest days; or by entity, or random" + (f". {why}" if test > 0.2 else "")
        split = f'split = {{ by = "time", {days} }}{MARK}{asked}'
    elif time and time.spans and not time.span:
        longest = max(1, *((last - first).days // 5 for first, last in time.spans))
        days = f'by = "time", validation = "{longest} days", test = "{longest} days"'
        asked = f"at random, for it is open how {time.name} is read; or by time, such as `{days}`?"
        split = f'split = {{ by = "random", validation = 0.2, test = {test} }}{MARK}{asked}'
    elif test > 0.2:
        split = f'split = {{ by = "random", validation = 0.2, test = {test} }}  # {why}'
    else:
        return tail
    return re.sub(r"^split = .*$", lambda _: split, tail, flags=re.MULTILINE)
