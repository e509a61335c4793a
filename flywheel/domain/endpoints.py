"""Endpoints: who answers under a name."""

from __future__ import annotations

from enum import StrEnum


class EndpointMode(StrEnum):
    """Who answers: the model, the business rule, nobody."""

    MODEL = "model"
    RULE = "rule"
    STOPPED = "stopped"
