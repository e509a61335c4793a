"""Foreign graphs in ONNX: asked by ONNX Runtime on the processor, once nothing in them reaches outside the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused, ending_of
from flywheel.project.tabular.external.chances import chances_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.encoding import ColumnEncoding, Encoding
    from flywheel.project.tabular.external.terms import Terms

NUMBERS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
WHOLE = (np.int64, np.int32, np.bool_)
"""What cannot say that a value is missing."""

TEXT = "tensor(string)"
QUIET = 4
"""Only what ends the runtime is logged; what it refuses, it raises."""


@dataclass(frozen=True)
class OnnxModel:
    """A session, and how a matrix becomes its inputs: as it is, or a column at a time."""

    session: Any
    terms: Terms
    encoding: Encoding

    def __call__(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of yes for each row."""
        inputs = self._inputs(matrix)
        try:
            (answer,) = self.session.run([self.terms.output], inputs)
        except Exception as error:  # the runtime's errors share no base; any of them means: it cannot answer this
            raise InputRefused(f"the graph cannot answer these rows: {ending_of(str(error))}") from error
        return chances_in(answer, self.terms, rows=len(matrix))

    def _inputs(self, matrix: NDArray[np.float64]) -> dict[str, Any]:
        taken = self.session.get_inputs()
        if len(taken) == 1 and len(self.terms.asked_as) != 1:
            return {taken[0].name: _numbers(matrix, taken[0].type, taken[0].name)}
        kinds = {one.name: one.type for one in taken}
        named = zip(self.terms.asked_as, self.encoding.columns, matrix.T, strict=True)
        return {name: _column(values, column, kinds[name], name) for name, column, values in named}


def read_onnx(content: bytes, terms: Terms, encoding: Encoding, *, threads: int) -> OnnxModel:
    """Open a session for a graph that was looked through when it was received."""
    # the runtime is 20 MB of machine code that only these models need
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = QUIET
    # as what was looked through, and not as another format that the runtime finds in the same bytes
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors share no base; any of them means: not a graph
        raise InputRefused(f"ONNX Runtime does not take the graph: {ending_of(str(error))}") from error
    _must_take(session.get_inputs(), terms, encoding)
    _must_give(session.get_outputs(), terms)
    return OnnxModel(session, terms, encoding)


def _must_take(inputs: list[Any], terms: Terms, encoding: Encoding) -> None:
    names = {one.name: one.type for one in inputs}
    if len(inputs) == 1 and len(terms.asked_as) != 1:
        width = inputs[0].shape[1] if len(inputs[0].shape) == 2 else 0
        if isinstance(width, int) and width != len(terms.asked_as):
            raise InputRefused(
                "the model takes another number of inputs than the signature names",
                found=width,
                allowed=str(len(terms.asked_as)),
            )
        if inputs[0].type not in NUMBERS:
            raise InputRefused("the model takes a matrix of another kind", found=inputs[0].type, allowed="numbers")
        return
    if set(names) != set(terms.asked_as):
        raise InputRefused(
            "the model's inputs are not those of the signature",
            found=", ".join(terms.asked_as),
            allowed=", ".join(names),
            next_step="`name` gives the model's own name of a column",
        )
    for name, column in zip(terms.asked_as, encoding.columns, strict=True):
        is_text = names[name] == TEXT
        if not is_text and names[name] not in NUMBERS:
            raise InputRefused(
                f"input {name} is of a kind that is not given", found=names[name], allowed="numbers, text"
            )
        if is_text and not (column.is_category and not column.given):
            raise InputRefused(f"input {name} takes text", found=column.kind.value, allowed="a category without codes")


def _must_give(outputs: list[Any], terms: Terms) -> None:
    names = {one.name: one.type for one in outputs}
    if terms.output not in names or names[terms.output] not in {"tensor(float)", "tensor(double)"}:
        usable = ", ".join(name for name, kind in names.items() if kind in {"tensor(float)", "tensor(double)"})
        raise InputRefused(
            "the model has no such output of numbers",
            found=terms.output,
            allowed=usable or "none: export again without ZipMap (skl2onnx: zipmap=False)",
            next_step='name it in the signature: [output] name = "..."',
        )


def _numbers(values: NDArray[np.float64], kind: str, name: str) -> Any:
    wanted = NUMBERS[kind]
    if wanted in WHOLE and np.isnan(values).any():
        raise InputRefused(
            f"input {name} takes whole numbers, and a value is missing",
            found=kind,
            next_step="say in the signature what is given then: missing = ...",
        )
    return values.astype(wanted, copy=False)


def _column(values: NDArray[np.float64], column: ColumnEncoding, kind: str, name: str) -> Any:
    if kind != TEXT:
        return _numbers(values, kind, name)[:, None]
    words = np.array([*column.levels, ""], dtype=object)
    known = np.nan_to_num(values, nan=len(column.levels)).astype(np.int64)
    return words[np.clip(known, 0, len(column.levels))][:, None]
