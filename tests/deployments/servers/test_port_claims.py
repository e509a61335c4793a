"""Of two starts at the same moment exactly one goes on, and the other says why."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from deployments.servers.port_claims import claimed
from flywheel.errors import Unavailable

OURS = 100_000 + 2 * os.getpid()
"""Beyond all real ports, and of this process alone."""


def test_of_many_starts_at_once_one_alone_gets_the_port_and_the_others_say_what_to_set() -> None:
    port, together, over = OURS, Barrier(8), Barrier(8)

    def start() -> str:
        together.wait(10)
        try:
            with claimed({"FLYWHEEL_PREFECT__PORT": port}):
                over.wait(10)
                return ""
        except Unavailable as error:
            over.wait(10)
            return error.sentence()

    with ThreadPoolExecutor(8) as pool:
        said = [future.result(30) for future in [pool.submit(start) for _ in range(8)]]
    assert said.count("") == 1
    refused = next(sentence for sentence in said if sentence)
    assert f"has taken port {port} just now" in refused
    assert "FLYWHEEL_PREFECT__PORT" in refused


def test_a_claim_ends_with_its_block_and_where_another_port_is_taken_nothing_is_kept() -> None:
    ports = {"ONE": OURS, "OTHER": OURS + 1}
    with claimed({"OTHER": ports["OTHER"]}), pytest.raises(Unavailable), claimed(ports):
        pass
    with claimed(ports):
        pass
    with claimed(ports) as held:
        assert held is None
