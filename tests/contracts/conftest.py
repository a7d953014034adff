"""The one-machine hub's whole application, for tests that compare documents and deployments with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from seealso_core.settings import load
from seealso_hub import wsgi
from seealso_store.database import open_database
from seealso_store.migrate import prepare


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Every service's routes in one application, behind its fast lane, on an empty database."""
    settings = load({"SEEALSO_DATA": str(tmp_path_factory.mktemp("hub"))})
    database = open_database(settings.database_url)
    prepare(database)
    lane: Any = wsgi.make(settings, database)
    yield lane._app
    database.close()
