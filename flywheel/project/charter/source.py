"""The charter's `[data.sources]`: where rows come from, and how a text file of them is to be read."""

from __future__ import annotations

import re
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from flywheel.project.charter.fields import Block, ColumnName, Days, Flag, Line, Money, Query, Written, wrong
from flywheel.project.reading.date_forms import EARLIEST_YEAR, LATEST_FIRST, as_written, first_year
from flywheel.project.reading.moments import contradiction
from flywheel.project.reading.text_form import DECIMALS, ENCODINGS, QUOTES, THOUSANDS, TextForm

SKLEARN_SETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""scikit-learn's own data sets that need no network."""

TEXT_FILES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
"""Data files that are text, so that somebody must say how it is to be read."""

DATA_FILES = (".parquet", *TEXT_FILES)
"""What a data file may end in."""

_PATH = re.compile(r"[A-Za-z0-9_.*?=/ -]{1,300}")
_SQL = re.compile(r"sql://[a-z][a-z0-9_-]{0,62}")
_DATASET = re.compile(r"dataset://[a-z][a-z0-9-]{1,62}/[a-z][a-z0-9-]{1,62}(@[0-9a-f]{8,64})?")
_TEXT_KEYS = frozenset(field.name for field in fields(TextForm))


_YEARS = frozenset("YyDF")
_PARTS_OF_TIMES = frozenset("aAbBdDefFhHIjmMpRSTyYzZ%")
"""What may stand behind a % in a format of dates."""


class SourceForm(StrEnum):
    """Where a source lives."""

    FILES = "files"
    SKLEARN = "sklearn"
    SQL = "sql"
    DATASET = "dataset"


def _uri(uri: str) -> str:
    if uri.startswith("sklearn://"):
        if uri.removeprefix("sklearn://") not in SKLEARN_SETS:
            raise wrong("is not a data set of scikit-learn", ", ".join(f"sklearn://{name}" for name in SKLEARN_SETS))
        return uri
    if uri.startswith("sql:"):
        if not _SQL.fullmatch(uri):
            raise wrong("is not a named SQL source", "sql://<name under [sources] of the settings>")
        return uri
    if uri.startswith("dataset:"):
        if not _DATASET.fullmatch(uri):
            raise wrong("is not a dataset of a project", "dataset://PROJECT/NAME or dataset://PROJECT/NAME@DIGEST")
        return uri
    if "://" in uri or "::" in uri or ":" in uri:
        raise wrong(
            "is an address, and data is never fetched from an address in a charter",
            "a path inside the project, sklearn://<set>, sql://<name from settings> or dataset://<project>/<name>",
        )
    parts = uri.split("/")
    if uri.startswith(("/", "~")) or ".." in parts or not _PATH.fullmatch(uri) or "**" in uri:
        raise wrong("does not stay inside the project", "a relative path of letters, digits and . _ - = / * ?")
    if not uri.endswith((*DATA_FILES, "/")):
        raise wrong("is not a kind of data file that is read", f"{', '.join(DATA_FILES)}, or a folder that ends in /")
    return uri


def _one_sign(text: str) -> str:
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in "\r\n":
        raise wrong("is not a delimiter", 'one sign such as "," or ";" or "|", or a tab as "\\t"')
    return text


def _listed(given: Any) -> Any:
    """Take one format or a list of them."""
    return (given,) if isinstance(given, str) else given


def _date_format(text: str) -> str:
    parts = set(re.findall(r"%(.?)", text))
    if not parts & _YEARS or parts - _PARTS_OF_TIMES:
        raise wrong("is not a format of dates", 'such as "%d.%m.%Y" or "%m/%d/%Y %H:%M"')
    first = first_year(text)
    if ("y" in parts or "D" in parts) and (first is None or not EARLIEST_YEAR <= first <= LATEST_FIRST):
        raise wrong(
            "does not say which century two digits of a year mean",
            f'behind it the first year that they mean, such as "{as_written(text)} from 1930", by which 29 is 2029',
        )
    return text


def _without_contradiction(formats: tuple[str, ...]) -> tuple[str, ...]:
    if found := contradiction(formats):
        one, other, text = found
        raise wrong(
            f"holds {one} and {other}, which read {text} as two different times",
            "one of both; where columns of one source are written in both ways, write them in one way at the source",
        )
    return formats


def _one_of(choices: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        if text not in choices:
            raise wrong("is not one of the choices", ", ".join(f'"{choice}"' for choice in choices))
        return text

    return AfterValidator(check)


DateFormat = Annotated[str, Field(min_length=2, max_length=60), AfterValidator(_date_format)]
_PLAIN = TextForm()


class Source(Block):
    """Where rows come from, how their text is read, why they may be used and what they cost."""

    uri: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_uri)]
    query: Query | None = None
    join: ColumnName | None = None
    purpose: Line | None = None
    available_after_days: Days = 0
    cost_per_year: Money | None = None
    delimiter: Annotated[Written, AfterValidator(_one_sign)] = _PLAIN.delimiter
    quote: Annotated[Written, _one_of(QUOTES)] = _PLAIN.quote
    encoding: Annotated[str, _one_of(ENCODINGS)] = _PLAIN.encoding
    decimal: Annotated[Written, _one_of(DECIMALS)] = _PLAIN.decimal
    thousands: Annotated[Written, _one_of(THOUSANDS)] = _PLAIN.thousands
    header: Flag = _PLAIN.header
    missing: Annotated[tuple[Written, ...], Field(max_length=50)] = _PLAIN.missing
    date_format: Annotated[
        tuple[DateFormat, ...], BeforeValidator(_listed), Field(max_length=10), AfterValidator(_without_contradiction)
    ] = _PLAIN.date_format

    @model_validator(mode="after")
    def _query_fits(self) -> Source:
        if self.form is SourceForm.SQL and self.query is None:
            raise wrong("an SQL source needs a query", 'query = "select ..."')
        if self.form is not SourceForm.SQL and self.query is not None:
            raise wrong("only an SQL source takes a query", "sql://<name from settings>, or no query")
        if self.form is SourceForm.DATASET and self.purpose is None:
            raise wrong("another project's dataset is read for a purpose", 'purpose = "..." as its owner allows it')
        return self

    @model_validator(mode="after")
    def _text_fits(self) -> Source:
        if not self.is_text and (said := sorted(_TEXT_KEYS & self.model_fields_set)):
            raise wrong(f"{said[0]} says how text is read, and this source is none", ", ".join(TEXT_FILES))
        if self.decimal == self.thousands:
            raise wrong("decimal and thousands are one sign", 'such as decimal = "," and thousands = "."')
        if self.quote == self.delimiter:
            raise wrong("delimiter and quote are one sign", "two signs")
        return self

    @property
    def form(self) -> SourceForm:
        """What kind of place the address names."""
        scheme = self.uri.partition("://")[0] if "://" in self.uri else "files"
        return SourceForm(scheme)

    @property
    def is_text(self) -> bool:
        """Whether files of text are among what it reads."""
        return self.form is SourceForm.FILES and self.uri.endswith((*TEXT_FILES, "/"))

    @property
    def text(self) -> TextForm:
        """How its text is read."""
        return TextForm(**{name: getattr(self, name) for name in _TEXT_KEYS})
