"""The notary's program: the code that it judges by is the code that it looked at before it imported any."""

from __future__ import annotations

import subprocess
import sys

from tests.deployments.conftest import HOME

LOOK = """
import sys
from deployments.servers import notary

def fingerprint(home):
    print(home, sorted(name for name in sys.modules if name.partition(".")[0] in ("flywheel", "tasks", "flows")))
    raise SystemExit(0)

notary.fingerprint = fingerprint
notary.main()
"""


def test_the_code_is_looked_at_before_any_of_it_is_imported() -> None:
    ended = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=False, cwd=HOME)
    assert (ended.stdout.strip(), ended.stderr) == (f"{HOME} []", "")
