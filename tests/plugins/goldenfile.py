"""Golden files: what an output gives today, byte for byte, and a way to say that it should change.

UPDATE_GOLDEN=1 writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path


def same_as_golden(path: Path, made: bytes) -> None:
    """Assert that `made` is what the file holds."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
    assert path.exists(), f"{path.name} is missing: run once with UPDATE_GOLDEN=1"
    assert made.decode() == path.read_bytes().decode(), f"{path.name} differs"
