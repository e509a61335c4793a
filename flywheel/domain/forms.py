"""Forms: a value of the domain is read back from plain JSON whole and exactly, or refused with the place that is wrong.

What `flywheel.domain.digests.plain` writes of a dataclass is read here by the types of its fields: each field is there
and no other, and each value is written as it would be written again. Only a field with a default may lack: what was
written before there was such a field stays readable for good.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from flywheel.domain.digests import Json
from flywheel.errors import FlywheelError, InputRefused, shorten

Form = TypeVar("Form")
Reader = Callable[[Json], Any]


class _Misfit(Exception):
    """A value that is not what its place asks for; places are put in front on the way out."""

    def __init__(self, what: str, place: tuple[str, ...] = ()) -> None:
        self.what, self.place = what, place
        super().__init__(what)


def read(form: type[Form], said: Json) -> Form:
    """Read a value of a form, or refuse what is missing, unknown or of another type, and say where."""
    value: Form = read_as(form, said)
    return value


def is_form(hint: object) -> bool:
    """Whether values of a type hint can be read back."""
    try:
        _reader(hint)
    except TypeError:
        return False
    return True


def read_as(hint: object, said: Json) -> Any:
    """Read what a type hint says, as `read` does for a class."""
    try:
        value = _reader(hint)(said)
    except _Misfit as misfit:
        where = f"{'.'.join(misfit.place)} " if misfit.place else ""
        raise InputRefused(f"{where}{misfit.what}") from misfit
    return value


@cache
def _reader(hint: Any) -> Reader:
    """Find how values of a type are read."""
    origin, within = get_origin(hint), get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if hint is NoneType:
        return _read_nothing
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    if origin in {Union, UnionType}:
        readers = tuple(_reader(one) for one in within if one is not NoneType)
        whole = readers[0] if len(readers) == 1 else partial(_read_either, readers)
        return partial(_read_optional, whole) if NoneType in within else whole
    if (origin is tuple and within[1:] == (...,)) or origin is Sequence:
        return partial(_read_list, _reader(within[0]))
    if origin in {frozenset, set, AbstractSet, Collection}:
        return partial(_read_set, _reader(within[0]))
    if origin is not None and issubclass(origin, Mapping):
        return partial(_read_mapping, _reader(within[0]), _reader(within[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return partial(_read_choice, {one.value: one for one in hint})
    if is_dataclass(hint) and isinstance(hint, type):
        return _record_reader(hint)
    raise TypeError(f"{hint} is no form that is read back")


def _record_reader(kind: type[Any]) -> Reader:
    hints = get_type_hints(kind, localns={"Json": Any})  # what is any JSON is taken as it is
    lately = frozenset(one.name for one in fields(kind) if one.default is not MISSING)
    return partial(_read_record, kind, {field.name: _reader(hints[field.name]) for field in fields(kind)}, lately)


def _read_record(kind: type[Any], readers: Mapping[str, Reader], lately: frozenset[str], said: Json) -> Any:
    if not isinstance(said, dict):
        raise _misfit(said, f"an object with {', '.join(readers) or 'nothing in it'}")
    if lacking := sorted(readers.keys() - said.keys() - lately):
        raise _Misfit("is missing", (lacking[0],))
    if unknown := sorted(said.keys() - readers.keys()):
        raise _Misfit("is unknown", (unknown[0],))
    values: dict[str, Any] = {}
    for name, value in said.items():
        try:
            values[name] = readers[name](value)
        except _Misfit as misfit:
            raise _Misfit(misfit.what, (name, *misfit.place)) from None
    try:
        return kind(**values)
    except (ValueError, FlywheelError) as error:  # what its own rules forbid
        raise _Misfit(f"is no {kind.__name__}: {error}") from error


def _read_list(reader: Reader, said: Json) -> tuple[Any, ...]:
    if not isinstance(said, list):
        raise _misfit(said, "a list")
    found = []
    for at, value in enumerate(said):
        try:
            found.append(reader(value))
        except _Misfit as misfit:
            raise _Misfit(misfit.what, (str(at), *misfit.place)) from None
    return tuple(found)


def _read_set(reader: Reader, said: Json) -> frozenset[Any]:
    found = _read_list(reader, said)
    if len(frozenset(found)) < len(found):
        raise _misfit(said, "a list without repetitions")
    return frozenset(found)


def _read_nothing(said: Json) -> None:
    if said is not None:
        raise _misfit(said, "nothing")


def _read_mapping(key_reader: Reader, reader: Reader, said: Json) -> dict[Any, Any]:
    if not isinstance(said, dict):
        raise _misfit(said, "an object")
    found = {}
    for key, value in said.items():
        try:
            found[key_reader(key)] = reader(value)
        except _Misfit as misfit:
            raise _Misfit(misfit.what, (key, *misfit.place)) from None
    return found


def _read_optional(reader: Reader, said: Json) -> Any:
    return None if said is None else reader(said)


def _read_either(readers: tuple[Reader, ...], said: Json) -> Any:
    for reader in readers[:-1]:
        try:
            return reader(said)
        except _Misfit:
            continue
    return readers[-1](said)


def _read_choice(choices: Mapping[Any, Enum], said: Json) -> Enum:
    if not isinstance(said, str) or said not in choices:
        raise _misfit(said, ", ".join(map(str, choices)))
    return choices[said]


def _read_exactly(kind: type, said: Json) -> Json:
    if not isinstance(said, kind) or (isinstance(said, bool) and kind is not bool):
        raise _misfit(said, _WORDS[kind])
    return said


def _read_number(said: Json) -> Json:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise _misfit(said, "a number")
    return said


def _read_written(parse: Callable[[str], Any], write: Callable[[Any], str], words: str, said: Json) -> Any:
    """Read what is kept as a text, which must be the text that it would be written as."""
    try:
        value = parse(said) if isinstance(said, str) else None
        if value is not None and write(value) == said:
            return value
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise _misfit(said, words) from error
    raise _misfit(said, words)


def _in_universal_time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat()


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError("an amount without end")
    return amount


def _as_it_is(said: Json) -> Json:
    return said


def _misfit(value: Json, allowed: str) -> _Misfit:
    return _Misfit(f"is {shorten(value)}; allowed: {allowed}")


_WORDS = {str: "a text", bool: "true or false", int: "a whole number"}
_SCALARS: Mapping[Any, Reader] = {
    Any: _as_it_is,
    float: _read_number,
    **{kind: partial(_read_exactly, kind) for kind in _WORDS},
    datetime: partial(_read_written, datetime.fromisoformat, _in_universal_time, "a time in universal time"),
    date: partial(_read_written, date.fromisoformat, date.isoformat, "a day such as 2027-06-30"),
    Decimal: partial(_read_written, _amount, str, "an amount as a text"),
}
