"""Receiving a model from elsewhere: its signature held against the charter, its file looked at before it is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from flywheel.errors import CharterError, InputRefused, Problem
from flywheel.project.charter.mistakes import mistakes_of
from flywheel.project.charter.toml_text import parse, read_text
from flywheel.project.external.golden import read_golden, read_plain
from flywheel.project.external.signature import PICKLES, SAFE, Input, Signature
from flywheel.project.framing import Framing
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.tabular.answering import Chances
from flywheel.project.tabular.encoding import ColumnEncoding, Encoding
from flywheel.project.tabular.external.estimator import read_external
from flywheel.project.tabular.external.http_model import address_content
from flywheel.project.tabular.external.terms import BY_MONEY, GIVEN, Form, Terms
from flywheel.project.tabular.folder import MAX_BYTES
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.recipe import ColumnFacts, Recipe, RecipeKind

if TYPE_CHECKING:
    from flywheel.project.tabular.external.http_model import Ask

PROBABILITIES = "probabilities"
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x78\x9c\x80", b"ccopy_reg", b"c__builtin__")


def receive(signature_path: Path, framing: Framing, *, ask: Ask | None = None) -> FittedModel:
    """Read a signature and what lies beside it into a model that has answered its maker's golden rows.

    Where the signature names no threshold, one is chosen by money later, on rows that the model is not judged by.
    """
    signature = _read_signature(signature_path)
    encoding = _encoding(signature, framing, file=signature_path.name)
    content = _content(signature, signature_path.parent)
    learned = signature.learned_until.isoformat() if signature.learned_until else ""
    terms = Terms(
        form=signature.form,
        maker=signature.maker,
        release=signature.release,
        learned_until=learned,
        asked_as=tuple(one.asked_as for one in signature.inputs),
        output=_output(signature, content),
        place=signature.output.column,
        tolerance=signature.tolerance,
        golden=read_golden(signature_path.parent / signature.golden, encoding, tolerance=signature.tolerance),
    )
    with _told_of(signature.file):
        external = read_external(content, terms, encoding, ask=ask)
    recipe = Recipe(RecipeKind.EXTERNAL, encoding.names, (), framing.seed).with_params(
        {
            "form": signature.form.value,
            "maker": signature.maker,
            "release": signature.release,
            "golden_rows": len(terms.golden),
            "threshold": BY_MONEY if signature.threshold is None else GIVEN,
        }
        | ({"learned_until": learned} if learned else {})
    )
    threshold = 0.5 if signature.threshold is None else signature.threshold
    if framing.data.positive is None:
        raise InputRefused("a model from elsewhere answers yes or no so far", found=framing.charter.research.task)
    answering = Chances(threshold, framing.data.positive)
    return FittedModel(recipe, encoding, external, answering, framing.problem.target)


def _read_signature(path: Path) -> Signature:
    if path.is_symlink() or not path.is_file():
        what = "is a link" if path.is_symlink() else "is no file"
        raise CharterError((Problem(str(path), "", what, allowed="a signature: a TOML file beside the model"),))
    if path.suffix.lower() in PICKLES:
        raise InputRefused(
            "a file of this kind runs its maker's code when it is opened, so it is not opened",
            found=path.name,
            allowed=f"a signature in TOML beside a model in {SAFE}, or behind an address",
            next_step="ask the maker to export the model in one of these forms",
        )
    values = parse(read_text(path), file=path.name)
    try:
        return Signature.model_validate(values)
    except ValidationError as error:
        found = mistakes_of(error, file=path.name, root=Signature)
        raise CharterError(tuple(problem for _, problem in found)) from error


def _encoding(signature: Signature, framing: Framing, *, file: str) -> Encoding:
    derived = framing.charter.features  # its maker knows columns alone
    usable = {column.name: column for column in framing.columns if column.name not in derived}
    problems = tuple(_problems(signature, framing, usable, file=file))
    if problems:
        raise CharterError(problems)
    return Encoding(tuple(_column(one, usable[one.column], framing) for one in signature.inputs))


def _problems(
    signature: Signature, framing: Framing, usable: Mapping[str, ColumnFacts], *, file: str
) -> Iterator[Problem]:
    terms = framing.charter.it
    if signature.form is Form.HTTP and terms is not None and terms.no_egress:
        what = "lies behind an address, and [it] no_egress of the charter lets no row leave"
        yield Problem(file, "form", what, found=str(signature.url), allowed=f"a model that comes as a file: {SAFE}")
    for place, one in enumerate(signature.inputs, start=1):
        key, facts = f"inputs.{place}", usable.get(one.column)
        if facts is None:
            what = "is no column of the charter that a model may use"
            yield Problem(file, f"{key}.column", what, found=one.column, allowed=", ".join(usable))
        elif one.codes and facts.kind is not Kind.CATEGORY:
            yield Problem(file, f"{key}.codes", "only a category has codes", found=facts.kind.value)
        elif facts.kind is Kind.CATEGORY and not one.codes:
            if signature.form in {Form.XGBOOST, Form.SKOPS}:
                yield Problem(
                    file, f"{key}.codes", "is missing: this form takes numbers only", allowed="{ own = 0, ... }"
                )
            elif not framing.data.columns[one.column].categories:
                what = "is missing, and the charter names no categories that could be given as they are"
                yield Problem(file, f"{key}.codes", what, allowed="codes here, or categories in the charter")


def _column(one: Input, facts: ColumnFacts, framing: Framing) -> ColumnEncoding:
    levels = tuple(map(level_of, one.codes or framing.data.columns[one.column].categories))
    return ColumnEncoding(
        name=one.column,
        kind=facts.kind,
        missing_codes=() if one.keep_codes else facts.missing_codes,
        levels=levels if facts.kind is Kind.CATEGORY else (),
        unknown=len(levels) if facts.kind is Kind.CATEGORY else 0,
        given=tuple(one.codes.values()),
        other=one.unknown,
        absent=one.missing,
    )


def _content(signature: Signature, folder: Path) -> bytes:
    if signature.file is None:
        return address_content(str(signature.url))
    content = read_plain(folder / signature.file, most=MAX_BYTES)
    if content.startswith(_PICKLE_STARTS):
        raise InputRefused(
            f"{signature.file} is a pickle under another name: opening it would run its maker's code",
            found=content[:8],
            allowed=SAFE,
            next_step="ask the maker to export the model in one of these forms",
        )
    return content


@contextmanager
def _told_of(file: str | None) -> Iterator[None]:
    """Say of which file a refusal speaks, and who can put it right; an address names itself."""
    try:
        yield
    except InputRefused as refusal:
        if file is None:
            raise
        raise InputRefused(
            f"{file}: {refusal.what}",
            found=refusal.found,
            allowed=refusal.allowed,
            next_step=refusal.next_step or "ask its maker to export it again",
        ) from refusal


def _output(signature: Signature, content: bytes) -> str:
    if signature.form is Form.ONNX:
        from flywheel.project.external.onnx_graph import look_through  # reads the whole graph, which others are not

        with _told_of(signature.file):
            names = look_through(content)
        return signature.output.name or (PROBABILITIES if PROBABILITIES in names else names[-1])
    return signature.output.name or PROBABILITIES
