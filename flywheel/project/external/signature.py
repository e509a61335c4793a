"""The signature of a model from elsewhere: who made it, what it takes in, what it gives out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from flywheel.project.charter.fields import Block, ColumnName, Day, Flag, Line, Share, wrong
from flywheel.project.tabular.external.terms import Form

SUFFIX = {Form.ONNX: ".onnx", Form.XGBOOST: ".json", Form.SKOPS: ".skops"}
PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".sav", ".pt", ".pth", ".bin", ".h5", ".npy", ".mar")
"""Endings of files that run code of their maker when they are opened, or may."""

SAFE = "ONNX (.onnx), xgboost's JSON (.json), skops (.skops)"
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_URL = re.compile(r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,300})?")

_MOST = 3e38
"""What a model's numbers, of single precision, can hold."""
Number = Annotated[float, Field(allow_inf_nan=False, ge=-_MOST, le=_MOST)]


def _file(name: str) -> str:
    if name.lower().endswith(PICKLES):
        raise wrong("is a kind of file that runs its maker's code when opened, so it is not opened", SAFE)
    if not _FILE.fullmatch(name):
        raise wrong("does not name a file beside the signature", "a plain file name")
    return name


def _url(address: str) -> str:
    if not _URL.fullmatch(address):
        raise wrong("is not a plain address", "https://host/path without user, query or fragment")
    return address


class Input(Block):
    """One value that the model takes, in its place: a column of the charter, and how the model wants it written."""

    column: ColumnName
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    codes: Mapping[Annotated[str, Field(max_length=256)], Number] = Field(default_factory=dict, max_length=1_000)
    unknown: Number | None = None
    missing: Number | None = None
    keep_codes: Flag = False

    @property
    def asked_as(self) -> str:
        """The model's own name for it."""
        return self.name or self.column


class Output(Block):
    """Where in the answer the chance stands."""

    name: Annotated[str, Field(max_length=100)] = ""
    column: Annotated[int, Field(ge=0, le=1_000)] | None = None


class Signature(Block):
    """What a maker hands over beside the model."""

    form: Form
    file: Annotated[str, AfterValidator(_file)] | None = None
    url: Annotated[str, AfterValidator(_url)] | None = None
    maker: Line
    release: Line
    learned_until: Day | None = None
    threshold: Share | None = None
    golden: Annotated[str, AfterValidator(_file)]
    tolerance: Annotated[float, Field(gt=0, le=0.01)] = 1e-5
    inputs: tuple[Input, ...] = Field(min_length=1, max_length=2_000)
    output: Output = Output()

    @model_validator(mode="after")
    def _says_where_the_model_is(self) -> Signature:
        if self.form is Form.HTTP:
            if self.url is None or self.file is not None:
                raise wrong("a model behind an address has a url and no file", 'url = "https://..."')
            return self
        suffix = SUFFIX[self.form]
        if self.file is None or self.url is not None or not self.file.endswith(suffix):
            raise wrong(f"a model in the form {self.form.value} has a file and no url", f'file = "model{suffix}"')
        return self

    @model_validator(mode="after")
    def _names_each_once(self) -> Signature:
        for names in ([one.column for one in self.inputs], [one.asked_as for one in self.inputs]):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise wrong(f"the inputs name {twice[0]} twice", "each column and each name once")
        return self

    @model_validator(mode="after")
    def _codes_are_distinct(self) -> Signature:
        for one in self.inputs:
            if one.unknown is not None and not one.codes:
                raise wrong(f"input {one.column} has an unknown code and no codes", "codes = { ... }, or neither")
        return self
