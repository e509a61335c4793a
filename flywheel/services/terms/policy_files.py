"""The policies in config/policies: one file for each risk tier, read strictly."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from flywheel.domain.gate_catalogue import CATALOGUE, codes_in
from flywheel.domain.policy import MAX_GLASS_HOURS, BreakGlass, Policy, Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import SettingsError

Quorum = Annotated[int, Field(strict=True, ge=1, le=10)]
LimitName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Limit = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class BreakGlassBlock(BaseModel):
    """Who may break the glass, and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    at_most_hours: Annotated[int, Field(strict=True, ge=1, le=MAX_GLASS_HOURS)]


class PolicyFile(BaseModel):
    """The form of a policy file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Tier
    warned_opens: bool
    validity_days: Annotated[int, Field(strict=True, ge=1, le=1_825)]
    required: dict[Stage, list[str]]
    quorum: Annotated[dict[Role, Quorum], Field(min_length=1)]
    final_approver: Role | None = None
    break_glass: BreakGlassBlock | None = None
    must_be_reproduced: StrictBool = False
    fresh_secret_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    agreement: dict[Role, Quorum] = Field(default_factory=dict)
    agreement_where_watched: dict[Role, Quorum] = Field(default_factory=dict)
    thresholds: dict[str, dict[LimitName, Limit]] = Field(default_factory=dict)


def read_policy(home: Path, tier: Tier) -> Policy:
    """Read the policy of a tier; refuse a file that asks for nobody or names no gates."""
    path = home / "config" / "policies" / f"{tier.value}.toml"
    try:
        file = PolicyFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SettingsError(f"there is no policy for tier {tier.value}", next_step=f"write {path}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", next_step="correct the file") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {key}: {first['msg']}", found=first["input"], next_step="correct it") from error
    if file.tier is not tier:
        raise SettingsError(f"{path} is for another tier", found=file.tier.value, allowed=tier.value)
    if not file.required.get(Stage.VALIDATION):
        raise SettingsError(f"{path} requires no gate in validation", next_step="name at least one code")
    _refuse_strange_codes(path, file)
    if file.final_approver is not None and file.quorum.get(file.final_approver) != 1:
        raise SettingsError(
            f"{path}: final_approver: {file.final_approver.value} must be one person of the quorum",
            found=file.quorum.get(file.final_approver, 0),
            next_step="write 1 under [quorum], or leave final_approver out",
        )
    glass = file.break_glass
    return Policy(
        tier=tier,
        required={stage: frozenset(codes) for stage, codes in file.required.items()},
        quorum=dict(file.quorum),
        warned_opens=file.warned_opens,
        validity_days=file.validity_days,
        thresholds=file.thresholds,
        final_approver=file.final_approver,
        break_glass=BreakGlass(glass.role, glass.at_most_hours) if glass else None,
        must_be_reproduced=file.must_be_reproduced,
        fresh_secret_days=file.fresh_secret_days,
        agreement=dict(file.agreement),
        agreement_where_watched=dict(file.agreement_where_watched),
    )


def _refuse_strange_codes(path: Path, file: PolicyFile) -> None:
    """A gate that does not exist, or is never asked in a stage, would keep that stage closed for ever."""
    asked = [
        (f"required.{stage.value}", code, codes_in(stage)) for stage, codes in file.required.items() for code in codes
    ]
    asked += [("thresholds", code, frozenset(CATALOGUE)) for code in file.thresholds]
    for key, code, known in asked:
        if code not in known:
            allowed = ", ".join(sorted(known)) or "no gate at all"
            raise SettingsError(f"{path}: {key}: no gate of this code is asked there", found=code, allowed=allowed)
