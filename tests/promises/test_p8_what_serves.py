"""P8: what serves is byte for byte what was approved; a swapped file is not served, and is paged within a minute."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployments.steward.doors import Doors
from deployments.steward.endpoint_slots import EndpointState
from deployments.steward.endpoints import VERIFY_EVERY_SECONDS, Keeper
from flywheel.adapters.bentoml import PACKAGE, Package
from flywheel.catalog.engine import Catalog
from flywheel.project.manifest import write_manifest
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.serving import alterations, endpoints
from flywheel.settings import ServingSettings, Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, resolved
from tests.factories.projects import SLUG
from tests.factories.serving import SEAL, body_of, built_package, make_row
from tests.factories.versions import judged
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of
from tests.ports import take_ports

pytestmark = pytest.mark.scenario

SEED, SWAPS = 20_261, 50
PROMISED_SECONDS = 60


@dataclass
class Shop:
    """A version in production on a real server, kept as the steward keeps it, by a clock that is moved by hand."""

    desk: Desk
    package: Package
    root: Path
    seconds: float = 1_000.0
    seen: list[EndpointState] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the keeper."""
        settings = Settings(home=self.root, data_root=self.root, serving=ServingSettings(first_port=take_ports()))
        self.keeper = Keeper(
            settings, self.seen.append, SEAL.public_key, Doors(settings.serving), clock=lambda: self.seconds
        )

    def look(self, *, after_seconds: float = 0.0) -> None:
        """Let time pass, and do what the steward does in a round."""
        self.seconds += after_seconds
        self.keeper.reconcile(endpoints.desired(self.desk.catalog))
        for one in self.keeper.take_altered():
            alterations.report_altered(
                self.desk.catalog,
                endpoint=one.name,
                generation=one.generation,
                what=one.what,
                is_serving=one.is_serving,
                actor="steward",
            )

    def ask(self) -> Any:
        """Ask for one prediction."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.seen[-1].port or 0, timeout=30)) as connection:
            connection.request("POST", "/predict", body_of(make_row()), {"content-type": "application/json"})
            return json.loads(connection.getresponse().read())

    def open_incidents(self) -> list[str]:
        """The causes of what is not resolved."""
        found = incidents.list_incidents(self.desk.catalog, project=SLUG, is_unresolved=True)
        return [one.cause for one in found]

    def pages(self) -> int:
        """How many pages were sent."""
        return len(messages_of(self.desk.catalog, "page"))


@pytest.fixture
def shop(catalog: Catalog, identity: Identity, clock: SettableClock) -> Iterator[Shop]:
    """A released package on a real server that is ready."""
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    built = built_package()[0]
    path = root / "bento" / "bentos" / SLUG / built.path.name
    shutil.copytree(built.path, path)
    desk = make_desk(catalog, identity, clock, page=("on-call",))
    desk.sign(BEN)
    desk.sign(VERA)
    judged(catalog, desk.version, key="package", package=built.digest)
    desk.release({"path": str(path), "digest": built.digest, "tag": built.tag})
    made = Shop(desk, Package(built.tag, path, built.digest), root)
    made.keeper.settle(endpoints.desired(catalog))
    yield made
    made.keeper.stop_all()
    shutil.rmtree(root)


def swaps(draw: random.Random) -> Callable[[Path], None]:
    """One way to alter a package, by seed."""

    def some_file(folder: Path) -> Path:
        return draw.choice(sorted(path for path in folder.rglob("*") if path.is_file()))

    def flip(folder: Path) -> None:
        path = some_file(folder)
        facts, content = path.stat(), bytearray(path.read_bytes())
        content[draw.randrange(len(content))] ^= 1
        path.write_bytes(content)
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # of the same size and as old as before

    def add(folder: Path) -> None:
        (folder / draw.choice(["src", "src/flywheel", "."]) / f"{draw.randrange(10**6)}.py").write_text("")

    def reseal(folder: Path) -> None:
        path = folder / "src" / "model" / "model.json"
        path.write_bytes(path.read_bytes() + b" ")
        write_manifest(folder, kind=PACKAGE, about={}, signer=SEAL)  # another package of ours

    def link(folder: Path) -> None:
        path = some_file(folder)
        path.rename(folder.parent / "elsewhere")
        path.symlink_to(folder.parent / "elsewhere")

    ways: list[Callable[[Path], None]] = [flip, flip, add, reseal, link, lambda f: some_file(f).unlink(), shutil.rmtree]
    return draw.choice(ways)


def test_each_of_fifty_swaps_is_paged_once_while_the_approved_bytes_serve_on(shop: Shop) -> None:
    kept, draw = shop.root / "kept", random.Random(SEED)
    shutil.copytree(shop.package.path, kept)
    approved, told, served = shop.ask(), 0, 0
    for number in range(SWAPS):
        swaps(draw)(shop.package.path)
        shop.look(after_seconds=VERIFY_EVERY_SECONDS + 0.5)
        shop.look(after_seconds=VERIFY_EVERY_SECONDS + 0.5)  # seen again, told once
        told += shop.pages() == number + 1 and len(shop.open_incidents()) == 1
        served += shop.ask()["predictions"] != approved["predictions"]
        shutil.rmtree(shop.package.path, ignore_errors=True)
        shutil.copytree(kept, shop.package.path)
        for incident in incidents.list_incidents(shop.desk.catalog, project=SLUG, is_unresolved=True):
            resolved(shop.desk.catalog, incident=incident.id, resolution="put back", actor=OWNER)
        shop.look(after_seconds=VERIFY_EVERY_SECONDS + 0.5)
        assert shop.seen[-1].detail == "", f"seed {SEED}"
    assert (told, served) == (SWAPS, 0), f"seed {SEED}"


def test_a_swap_is_found_within_the_promised_minute() -> None:
    assert VERIFY_EVERY_SECONDS + 5 < PROMISED_SECONDS


def test_a_package_that_nobody_touched_opens_nothing(shop: Shop) -> None:
    for _ in range(5):
        shop.look(after_seconds=VERIFY_EVERY_SECONDS + 0.5)
    assert (shop.open_incidents(), shop.pages(), shop.seen[-1].detail) == ([], 0, "")


def test_a_server_that_dies_over_swapped_files_is_not_started_from_them(shop: Shop) -> None:
    model = shop.package.path / "src" / "model" / "model.json"
    model.write_bytes(model.read_bytes() + b" ")
    os.kill(shop.seen[-1].pid or 0, 9)
    while shop.seen[-1].pid is not None:
        shop.look()
    for _ in range(10):
        shop.look(after_seconds=10)
    assert not shop.seen[-1].is_ready
    (cause,) = shop.open_incidents()
    assert "src/model/model.json was altered. No server starts from these files." in cause
    assert shop.pages() == 1
