"""Every key of a signature is shown where its author looks for it."""

from __future__ import annotations

from flywheel.project.external.signature import Input, Output, Signature
from tests.factories.charters import ROOT


def test_every_key_is_shown_in_the_documentation() -> None:
    page = (ROOT / "docs" / "external.md").read_text(encoding="utf-8")
    keys = {name for block in (Signature, Input, Output) for name in block.model_fields}
    shown = {key for key in keys if f"\n{key} = " in page or f"[{key}]" in page or f"\n[[{key}]]" in page}
    assert sorted(keys - shown - {"url"}) == []  # url stands in for file, beside it
