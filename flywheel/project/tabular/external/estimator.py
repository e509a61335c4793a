"""The estimator that stands in for a foreign model: it answers its maker's golden rows right, or it is not loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.project.tabular.external.http_model import Ask, read_http
from flywheel.project.tabular.external.onnx_model import read_onnx
from flywheel.project.tabular.external.skops_model import read_scikit
from flywheel.project.tabular.external.terms import Form, Terms
from flywheel.project.tabular.external.xgboost_model import read_xgboost

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flywheel.project.tabular.encoding import Encoding

    Inner = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class External:
    """A foreign model: the bytes as they came, the terms, and how it is asked."""

    terms: Terms
    received: bytes
    inner: Inner

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What it gives of each row."""
        return self.inner(matrix)

    def content(self) -> bytes:
        """The file as its maker gave it."""
        return self.received


def read_external(
    content: bytes, terms: Terms, encoding: Encoding, *, threads: int = 1, ask: Ask | None = None
) -> External:
    """Open a foreign model whose bytes are verified, and let it answer the golden rows."""
    external = External(terms, content, _inner(content, terms, encoding, threads, ask))
    if terms.golden:
        golden = encoding.rows([one.row for one in terms.golden])
        terms.must_answer(external.output(golden).tolist())
    return external


def _inner(content: bytes, terms: Terms, encoding: Encoding, threads: int, ask: Ask | None) -> Inner:
    match terms.form:
        case Form.ONNX:
            return read_onnx(content, terms, encoding, threads=threads)
        case Form.XGBOOST:
            return read_xgboost(content, terms, threads=threads)
        case Form.SKOPS:
            return read_scikit(content, terms)
        case Form.HTTP:
            return read_http(content, terms, encoding, ask)
