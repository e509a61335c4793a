"""What a risk tier demands: checks, quorum and validity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flywheel.domain.digests import Digest, Json, digest_of, plain
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage


class Tier(StrEnum):
    """How much can go wrong."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Exposure(StrEnum):
    """How much money or how many people one wrong model touches."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Purpose(StrEnum):
    """What the model's answer is used for."""

    INSIGHT = "insight"
    INTERNAL_PROCESS = "internal process"
    CUSTOMER_OFFER = "customer offer"
    AUTOMATED_DECISION = "automated decision about people"


_EXPOSURE_WEIGHT = {Exposure.LOW: 0, Exposure.MEDIUM: 1, Exposure.HIGH: 2}
_PURPOSE_WEIGHT = {
    Purpose.INSIGHT: 0,
    Purpose.INTERNAL_PROCESS: 0,
    Purpose.CUSTOMER_OFFER: 1,
    Purpose.AUTOMATED_DECISION: 2,
}


def tier_of(exposure: Exposure, purpose: Purpose, *, regulated: bool) -> Tier:
    """Answer the tier from the charter's questions: exposure x purpose, one step up where the law watches."""
    weight = _EXPOSURE_WEIGHT[exposure] + _PURPOSE_WEIGHT[purpose] + (1 if regulated else 0)
    if weight >= 3:
        return Tier.HIGH
    return Tier.MEDIUM if weight >= 1 else Tier.LOW


MAX_GLASS_HOURS = 168
_LATER = (
    "thresholds",
    "final_approver",
    "break_glass",
    "must_be_reproduced",
    "fresh_secret_days",
    "agreement",
    "agreement_where_watched",
)
"""Fields that came after the first policies: left out where they say nothing, so that older digests stand."""


@dataclass(frozen=True)
class BreakGlass:
    """Who may release without the quorum, before a witness, and for how long at most."""

    role: Role
    at_most_hours: int

    def __post_init__(self) -> None:
        if not 1 <= self.at_most_hours <= MAX_GLASS_HOURS:
            raise ValueError(f"a broken glass lasts from 1 to {MAX_GLASS_HOURS} hours")


@dataclass(frozen=True)
class Policy:
    """One published policy; its digest is pinned by every version that is judged under it."""

    tier: Tier
    required: Mapping[Stage, frozenset[str]]
    quorum: Mapping[Role, int]
    warned_opens: bool
    validity_days: int
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Limits by gate code, as the validators receive them: `thresholds.get(code, {})`."""
    final_approver: Role | None = None
    """The role that signs last, by one person, when all others have signed."""
    break_glass: BreakGlass | None = None
    """Nobody may break the glass where nothing is said."""
    fresh_secret_days: int = 0
    """How long the voice of a person with a new secret counts only together with a second one of the same role."""
    must_be_reproduced: bool = False
    """Whether somebody must have made a version again from the record before anybody approves it."""
    agreement: Mapping[Role, int] = field(default_factory=dict)
    """Who signs what is agreed after ideation, before data are read and models made; nobody where nothing is said."""
    agreement_where_watched: Mapping[Role, int] = field(default_factory=dict)
    """Who signs it besides, where people are decided about or the law watches."""

    def __post_init__(self) -> None:
        if not self.quorum or any(count < 1 for count in self.quorum.values()):
            raise ValueError(f"the quorum of {self.tier.value} must ask for at least one person per role")
        if any(count < 1 for asked in (self.agreement, self.agreement_where_watched) for count in asked.values()):
            raise ValueError(f"the agreement of {self.tier.value} must ask for at least one person per role it names")
        if self.validity_days < 1:
            raise ValueError("a sign-off must be valid for at least a day")
        if self.fresh_secret_days < 0:
            raise ValueError("a secret is new for no less than no days")
        if self.final_approver is not None and self.quorum.get(self.final_approver) != 1:
            raise ValueError(f"the final approver of {self.tier.value} must be one person of the quorum")

    @property
    def digest(self) -> Digest:
        """What this policy says, as one value."""
        return digest_of(self.document)

    @property
    def document(self) -> dict[str, Json]:
        """The policy as plain values, as it is published."""
        said = plain(self)
        assert isinstance(said, dict)
        return {key: value for key, value in said.items() if value or key not in _LATER}

    def required_in(self, stage: Stage) -> frozenset[str]:
        """Name the gates that must open in a stage."""
        return self.required.get(stage, frozenset())

    def agreed_by(self, *, is_watched: bool) -> Mapping[Role, int]:
        """Say how many people of which roles sign what is agreed, besides where the law watches the matter."""
        more = self.agreement_where_watched if is_watched else {}
        return {role: max(self.agreement.get(role, 0), more.get(role, 0)) for role in {**self.agreement, **more}}

    @property
    def required_for_release(self) -> frozenset[str]:
        """Name every gate about a version that must have opened before it serves."""
        return self.required_in(Stage.VALIDATION) | self.required_in(Stage.DELIVERY)
