"""The templates of our pages: every value that goes into one is escaped, and one that lacks is a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a page of ours may load: nothing but what stands in it."""
FOLDER = Path(__file__).with_name("templates")
_TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def filled(template: str, **values: Any) -> Markup:
    """Fill a template in."""
    return Markup(_TEMPLATES.get_template(template).render(policy=POLICY, **values))  # noqa: S704  autoescape has escaped it
