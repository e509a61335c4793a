"""Groups of settings about who decides, how it is kept, and how much is taken."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Group(BaseModel):
    """A topic of settings: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IdentitySettings(Group):
    """How people prove who they are with one-time codes."""

    key: SecretStr | None = Field(None, description="Fernet key over the people's secrets; a key file by default")
    issuer: str = "Flywheel"
    max_wrong_codes: int = Field(5, ge=1, le=100)
    lock_minutes: int = Field(15, ge=1, le=1_440)
    session_hours: float = Field(12.0, gt=0, le=168, description="how long a login lasts")
    invitation_days: float = Field(7.0, gt=0, le=31, description="how long an invitation waits")
    sessions: Path | None = Field(
        None, description="where a user's session is kept; by default ~/.local/state/flywheel"
    )
    mail: SecretStr | None = Field(
        None, description="Apprise URL that reaches a person, such as mailtos://user:password@host?to={person}"
    )
    answer_words: bool = Field(
        default=True, description="with mail: whether an answer in Prefect's form needs words that the person was sent"
    )

    @property
    def asks_words(self) -> bool:
        """Whether the form asks for words that only the person was sent."""
        return self.answer_words and self.mail is not None


class RecordSettings(Group):
    """How what leaves the record is sealed."""

    key: SecretStr | None = Field(None, description="Ed25519 private key, 64 hexadecimal digits; a key file by default")
    heads: Path | None = Field(None, description="a second folder for sealed heads, such as an auditor's mount")
    head_minutes: float = Field(1.0, gt=0, le=10_080, description="how often a chain that grew is sealed anew")
    clock_slack_seconds: float = Field(
        60.0, gt=0, description="how far clocks may differ, or run behind the last event"
    )


class NotarySettings(Group):
    """Where the process is that judges decisions, and who may ask it; by default a program of this user."""

    root: Path | None = Field(
        None, description="a folder of another user's, who runs the notary and alone reads keys/ in it"
    )
    caller: int | None = Field(None, ge=0, description="number of the user who may ask it, besides its own")
    wait_seconds: float = Field(15.0, gt=0, le=600, description="how long callers wait for one that is starting")
    answer_seconds: float = Field(120.0, gt=0, le=3_600, description="how long a decision may take")


class LimitSettings(Group):
    """How much of anything is read before it is refused."""

    rows: int = Field(20_000_000, ge=1)
    bytes: int = Field(4_000_000_000, ge=1)
    memory_bytes: int = Field(4_000_000_000, ge=1, description="of a table that must be held whole: a join, a hook")
    columns: int = Field(2_000, ge=1)
    charter_bytes: int = Field(262_144, ge=1)


class CellSettings(Group):
    """How much a project's own code may take in its cell."""

    seconds: float = Field(1_800, gt=0)
    cpu_seconds: int = Field(900, ge=1)
    memory_bytes: int = Field(8_000_000_000, ge=1)
    call_seconds: float = Field(1.0, gt=0, description="for the features of one request, at an endpoint")
    call_memory_bytes: int = Field(2_000_000_000, ge=1, description="of the cell of an endpoint")
    user: int = Field(65_533, ge=1, lt=2**31, description="number of the user that it runs as where we are root")
