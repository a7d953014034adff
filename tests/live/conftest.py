"""An empty PostgreSQL database and queues of one's own on RabbitMQ, gone after the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.engines import Engines, lent

pytestmark = pytest.mark.live


@pytest.fixture
def engines(live_engines: None) -> Iterator[Engines]:
    """Of one test."""
    with lent() as made:
        yield made


@pytest.fixture(scope="module")
def shared_engines(live_engines: None) -> Iterator[Engines]:
    """Of a module whose tests share a hub."""
    with lent() as made:
        yield made
