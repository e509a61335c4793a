"""The forms that people fill in to start a flow: made from its signature and docstring."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from flywheel.domain.digests import Json, plain

Form = dict[str, Json]


def forms_of(entrypoints: Mapping[str, str]) -> dict[str, Form]:
    """Make the form of each flow."""
    return {flow: _form(entrypoint) for flow, entrypoint in entrypoints.items()}


def filled_in(form: Mapping[str, Json], project: str) -> Json:
    """Give a form's schema with the project filled in."""
    schema = form["schema"]
    assert isinstance(schema, dict)
    properties, required = schema["properties"], schema.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    named = properties["project"]
    assert isinstance(named, dict)
    return {
        **schema,
        "properties": {**properties, "project": {**named, "default": project, "enum": [project]}},
        "required": [name for name in required if name != "project"],
    }


def _form(entrypoint: str) -> Form:
    # two seconds, and only who registers a project needs it
    from prefect.utilities.callables import parameter_schema

    module, _, function = entrypoint.rpartition(".")
    flow = getattr(importlib.import_module(module), function)
    schema = parameter_schema(flow.fn).model_dump_for_openapi()
    return {"schema": plain(schema), "description": str(flow.description or "").partition("Args:")[0].strip()}
