"""What plugins there are, and which of them can be used. The hub always starts.

    entry points (group "seealso") and drop-in files -> described in a child, with a deadline
       -> one PluginRecord for each output and source, with a status and a reason

An import can crash, hang or end the interpreter, so none happens here. One child describes all;
where it dies or hangs, the plugin in hand is tried once more alone, and a new child goes on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from seealso_sdk.plugin import OutputMeta, SourceMeta

from seealso_core import frames
from seealso_core import log as logs
from seealso_core.children import Child, Spawner
from seealso_core.describe import Kind, Locator
from seealso_core.errors import PluginFailed, PluginMissing

GROUP = "seealso"
DESCRIBE_SECONDS = 10.0  # for the import of one plugin
DESCRIBE_MEMORY_MB = 2048
DESCRIPTION_MAX = 1024 * 1024

Status = Literal["enabled", "failed", "disabled"]

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """One output or source, whether it works or not.

    `reason` says why it is not enabled. `meta` is None where it could not be read. `origin` says
    where it comes from, for people.
    """

    name: str
    kind: Kind
    status: Status
    reason: str
    meta: OutputMeta | SourceMeta | None
    origin: str
    locator: Locator

    @property
    def output(self) -> OutputMeta:
        """The metadata of an output that could be described."""
        assert isinstance(self.meta, OutputMeta)
        return self.meta

    @property
    def source(self) -> SourceMeta:
        """The metadata of a source that could be described."""
        assert isinstance(self.meta, SourceMeta)
        return self.meta


class Registry:
    """All records, in the order of names."""

    def __init__(self, records: Iterable[PluginRecord]) -> None:
        self.records = tuple(sorted(records, key=lambda r: (r.kind, r.name)))
        self.outputs: Mapping[str, PluginRecord] = self._of("output")
        self.sources: Mapping[str, PluginRecord] = self._of("source")

    def _of(self, kind: Kind) -> dict[str, PluginRecord]:
        return {record.name: record for record in self.records if record.kind == kind}

    def enabled(self, kind: Kind, name: str) -> PluginRecord:
        """The record of a plugin that can be called.

        Raises:
            PluginMissing: there is none, or why it is not enabled.
        """
        record = (self.outputs if kind == "output" else self.sources).get(name)
        if record is None:
            raise PluginMissing(f"there is no {kind} {name!r}. `seealso outputs` lists them")
        if record.status != "enabled":
            raise PluginMissing(f"{kind} {name!r} is {record.status}: {record.reason}")
        return record

    def enabled_outputs(self) -> list[str]:
        """Names, sorted."""
        return [r.name for r in self.records if r.kind == "output" and r.status == "enabled"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may hold plugins. `name` is a guess, until it has been described."""

    name: str
    kind: Kind
    origin: str
    locator: Locator


def load(
    plugins_dir: Path | None = None,
    *,
    disabled: Sequence[str] = (),
    seconds: float = DESCRIBE_SECONDS,
) -> Registry:
    """Find and describe all plugins. Never raises for a plugin's sake.

    Args:
        plugins_dir: folder of drop-ins; need not exist.
        disabled: names that the operator wants left out.
        seconds: for the import of one plugin.
    """
    found = [*_installed(), *(_dropped_in(plugins_dir) if plugins_dir else ())]
    described = zip(found, _describe_all(found, seconds), strict=True)
    records = [record for candidate, data in described for record in _records(candidate, data)]
    records = _one_of_each(records)
    return Registry(
        replace(r, status="disabled", reason="SEEALSO_PLUGINS_DISABLED names it.")
        if r.name in disabled
        else r
        for r in records
    )


# --- finding --------------------------------------------------------------------------------------


def _installed() -> list[Candidate]:
    found: dict[tuple[str, str], Candidate] = {}
    for point in entry_points(group=GROUP):
        dist = f"{point.dist.name} {point.dist.version}" if point.dist else "an installed package"
        kind, name = _guess(point.name)
        locator = Locator(module=point.module, attribute=point.attr or "")
        found.setdefault((point.name, point.value), Candidate(name, kind, dist, locator))
    return [found[key] for key in sorted(found)]


def _dropped_in(folder: Path) -> list[Candidate]:
    """Modules in the folder, and the module of a plugin project that was put there whole."""
    try:
        files = sorted([*folder.glob("*.py"), *folder.glob("*/seealso_*.py")])
    except OSError as error:
        log.warning("The plugins folder can't be read", folder=str(folder), error=str(error))
        return []
    found = []
    for path in files:
        if path.name.startswith(("_", "test_")) or path.name == "conftest.py":
            continue
        kind, name = _guess(path.stem)
        module = path.stem if path.stem.startswith("seealso_") else f"seealso_dropin_{path.stem}"
        locator = Locator(module=module, path=str(path.absolute()))
        found.append(Candidate(name, kind, str(path), locator))
    return found


def _guess(stem: str) -> tuple[Kind, str]:
    """Kind and name, from a name like ``seealso_output_rss``: role first, as the house has it."""
    name = stem.removeprefix("seealso_")
    kind: Kind = "source" if name.startswith("source_") else "output"
    name = name.removeprefix(f"{kind}_")
    return kind, re.sub(r"[^a-z0-9_]", "_", name.lower()) or "unnamed"


# --- describing -----------------------------------------------------------------------------------


def _describe_all(found: Sequence[Candidate], seconds: float) -> list[Mapping[str, Any]]:
    """What the child says of each candidate; {"problem": ...} where it could not say anything."""
    spawner = Spawner()
    try:
        described: list[Mapping[str, Any]] = []
        while len(described) < len(found):
            rest = found[len(described) :]
            answers, failure = _ask(spawner, rest, seconds)
            described += answers
            if failure is None:
                continue
            culprit = rest[len(answers)]
            # Once more, alone: what was imported before it in the same child may have its part, or
            # somebody else killed the child, and a hub without a plugin refuses what it reads.
            if answers or failure.kind == "crashed":
                alone, failure = _ask(spawner, [culprit], seconds)
                described += alone
            if failure is not None:
                described.append({"problem": f"its import {_what_happened(failure)}"})
        return described
    finally:
        spawner.close()


def _ask(
    spawner: Spawner, found: Sequence[Candidate], seconds: float
) -> tuple[list[Mapping[str, Any]], PluginFailed | None]:
    """Answers in order, as far as they came, and what ended them."""
    child = Child(spawner, DESCRIPTION_MAX)
    request = {
        "parent": os.getpid(),
        "memory_mb": DESCRIBE_MEMORY_MB,
        "seconds": seconds,
        "locators": [candidate.locator.to_dict() for candidate in found],
    }
    answers: list[Mapping[str, Any]] = []
    try:
        child.send(frames.DESCRIBE, frames.dump(request))
        for _ in found:
            _, payload = child.receive(seconds)
            answers.append(json.loads(payload))
    except PluginFailed as failure:
        return answers, failure
    finally:
        child.kill()
    return answers, None


def _what_happened(failure: PluginFailed) -> str:
    if failure.kind == "deadline":
        return f"hangs: {failure.detail}"
    return f"ends its process: {failure.detail}"


# --- from descriptions to records -----------------------------------------------------------------


def _records(candidate: Candidate, data: Mapping[str, Any]) -> list[PluginRecord]:
    if data["problem"]:
        return [_failed(candidate, candidate.kind, candidate.name, data["problem"])]
    records = []
    for item in data["plugins"]:
        kind: Kind = item["kind"]
        if item.get("problem"):
            name = item.get("name") or candidate.name
            records.append(_failed(candidate, kind, name, item["problem"]))
            continue
        meta: OutputMeta | SourceMeta = (
            OutputMeta.from_dict(item["meta"])
            if kind == "output"
            else SourceMeta.from_dict(item["meta"])
        )
        records.append(
            PluginRecord(meta.name, kind, "enabled", "", meta, candidate.origin, candidate.locator)
        )
    return records


def _failed(candidate: Candidate, kind: Kind, name: str, reason: str) -> PluginRecord:
    return PluginRecord(name, kind, "failed", reason, None, candidate.origin, candidate.locator)


def _one_of_each(records: Sequence[PluginRecord]) -> list[PluginRecord]:
    """Names and extensions are URLs: the first that has one keeps it, the next one fails."""
    kept: dict[tuple[str, str], PluginRecord] = {}
    extensions: dict[str, PluginRecord] = {}
    for record in sorted(records, key=lambda r: r.status != "enabled"):  # those that work go first
        at = (record.kind, record.name)
        other = kept.get(at)
        if other is not None:
            reason = record.reason or f"the name {record.name} is taken by {other.origin}"
            record = replace(record, status="failed", reason=reason, name=_free_name(kept, record))
        elif isinstance(record.meta, OutputMeta) and record.meta.extension in extensions:
            other = extensions[record.meta.extension]
            reason = f"the extension {record.meta.extension} is taken by {other.name}"
            record = replace(record, status="failed", reason=reason)
        kept[record.kind, record.name] = record
        if record.status == "enabled" and isinstance(record.meta, OutputMeta):
            extensions[record.meta.extension] = record
    return list(kept.values())


def _free_name(kept: Mapping[tuple[str, str], PluginRecord], record: PluginRecord) -> str:
    """A name under which the second of two can be listed."""
    number = 2
    while (record.kind, f"{record.name}_{number}") in kept:
        number += 1
    return f"{record.name}_{number}"
