"""The walk's pages arrive, or it says that none did."""

from __future__ import annotations

import httpx
import pytest

from examples.walk.receiver import Receiver
from flywheel.errors import Unavailable


def test_pages_are_kept_in_the_order_of_their_arrival() -> None:
    with Receiver() as receiver:
        url = receiver.channel.replace("json://", "http://")
        for title in ("first", "second"):
            assert httpx.post(url, json={"title": title}).status_code == httpx.codes.NO_CONTENT
        assert [receiver.next_page(within_seconds=5)["title"] for _ in range(2)] == ["first", "second"]


def test_a_page_that_does_not_arrive_is_said() -> None:
    with Receiver() as receiver, pytest.raises(Unavailable, match="no page arrived"):
        receiver.next_page(within_seconds=0.01)
