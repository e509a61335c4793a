"""Who may sign."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import digest_of
from flywheel.domain.signoffs import Role, check_may_sign
from flywheel.errors import Refused

SHOWN, STALE = digest_of("dossier"), digest_of("older dossier")


def ask(**changed: object) -> None:
    """Ask whether Vera may sign, with some facts changed."""
    facts = {
        "person": "vera@b.example",
        "role": Role.VALIDATOR,
        "roles": {Role.VALIDATOR},
        "authors": ("ana@b.example",),
        "shown": SHOWN,
        "current": SHOWN,
    }
    check_may_sign(**(facts | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"person": "ANA@b.example"}, "is an author"),
        ({"role": Role.LEGAL}, "does not hold the role legal"),
        ({"roles": set()}, "found 'none'"),
        ({"on_behalf_of": "ana@b.example"}, "would sign for ana@b.example, who is an author"),
        ({"current": None}, "has no dossier yet"),
        ({"current": STALE}, "has changed since it was shown"),
    ],
)
def test_who_may_not_sign_is_told_why(changed: dict[str, object], reason: str) -> None:
    ask()
    with pytest.raises(Refused, match=reason):
        ask(**changed)
