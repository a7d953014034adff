"""The kinds of place that this hub may watch, by its settings."""

from __future__ import annotations

from collections.abc import Mapping

from seealso_ingest.folder import FolderPlace
from seealso_ingest.places import Place, WebPlace
from seealso_ingest.settings import IngestSettings


def places_of(settings: IngestSettings) -> Mapping[str, Place]:
    """By the name that `SourceMeta.places` has for it."""
    return {
        "url": WebPlace(allow_private=settings.allow_private_fetch),
        "folder": FolderPlace(settings.watch_folders),
    }
