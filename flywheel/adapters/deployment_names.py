"""What a project's deployments are called in Prefect: by project and in the order of the stages."""

from __future__ import annotations

FLOWS = (
    "lifecycle",
    "ideation",
    "data_preparation",
    "research",
    "validation",
    "delivery",
    "monitoring",
    "retraining",
)
"""The whole walk first, then its stages, then the way back: the number in a name is the place here."""


def deployment_name(flow: str, project: str) -> str:
    """Name a flow's deployment, so that a list by name is a list by project and stage."""
    place = f"{FLOWS.index(flow)} " if flow in FLOWS else ""
    return f"{project} {place}{flow.replace('_', ' ')}"


def deployment_of(flow: str, project: str) -> str:
    """Name it as Prefect looks it up: `flow/name`."""
    return f"{flow}/{deployment_name(flow, project)}"
