"""``python -m seealso_ingest``: the API of articles, and embargoes and expiries, until SIGTERM."""

from __future__ import annotations

from collections.abc import Sequence

from seealso_core import service


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop. Returns the exit code."""
    return service.main(
        argv, name="seealso-ingest", about=__doc__, web="seealso_ingest.wsgi:application"
    )


if __name__ == "__main__":
    raise SystemExit(main())
