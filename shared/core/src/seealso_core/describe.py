"""Finds out what a plugin module registers, and whether that can be used. Runs in a child process.

    locator -> import -> pluggy: hooks as specified? -> call them -> objects with sound metadata?

Every way of being broken has its own sentence, since the author of a plugin will read it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pluggy
from seealso_sdk import hookspecs
from seealso_sdk.errors import ModelError
from seealso_sdk.model import Record
from seealso_sdk.plugin import OutputMeta, SourceMeta

Kind = Literal["output", "source"]

RESERVED = ("filing",)  # the feeds service's own row in the ledger

_HOOKS: tuple[tuple[Kind, str], ...] = (
    ("output", "register_outputs"),
    ("source", "register_sources"),
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_EXTENSION = re.compile(r"[a-z0-9]{1,16}\Z")
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+(;\s*[a-z]+=[A-Za-z0-9_.-]+)*\Z")
_MEDIA_RANGE = re.compile(r"[a-z]+/([A-Za-z0-9.+-]+|\*)\Z")


@dataclass(frozen=True, slots=True)
class Locator(Record):
    """Where a plugin is: an importable module (and an attribute of it), or a file."""

    module: str
    attribute: str = ""
    path: str = ""


class Broken(Exception):  # said of a plugin, inside the child; never leaves it
    """The plugin can't be used; the message says why, to its author."""


def load(locator: Locator) -> Any:
    """Import it. Raises whatever the plugin's own code raises."""
    if locator.path:
        folder = str(Path(locator.path).parent)
        if folder not in sys.path:
            sys.path.append(folder)  # so that a drop-in can be more than one file
        spec = importlib.util.spec_from_file_location(locator.module, locator.path)
        if spec is None or spec.loader is None:
            raise Broken(f"{locator.path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[locator.module] = module
        spec.loader.exec_module(module)
        return module
    plugin = importlib.import_module(locator.module)
    for name in locator.attribute.split(".") if locator.attribute else ():
        plugin = getattr(plugin, name)
    return plugin


def registered(plugin: Any) -> list[tuple[Kind, Any]]:
    """What the plugin's hooks return, one by one.

    Raises:
        Broken: no hook, a mis-typed one, or one that returns something else.
    """
    manager = pluggy.PluginManager("seealso")
    manager.add_hookspecs(hookspecs)
    try:
        name = manager.register(plugin)
        manager.check_pending()  # a mis-typed hook is silent without it
    except pluggy.PluginValidationError as error:
        said = "; ".join(str(error).splitlines())
        raise Broken(f"{said}. The hooks are {' and '.join(h for _, h in _HOOKS)}") from error
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    if name is None or not implemented:
        raise Broken(_no_hook(plugin))
    found: list[tuple[Kind, Any]] = []
    for kind, hook in _HOOKS:
        if hook in implemented:
            found.extend((kind, thing) for thing in _returned(manager, hook))
    return found


def _no_hook(plugin: Any) -> str:
    for _, hook in _HOOKS:
        if callable(getattr(plugin, hook, None)):
            return f"{hook} is not marked: put @hookimpl above it"
    return "it registers nothing: write register_outputs or register_sources, marked @hookimpl"


def _returned(manager: pluggy.PluginManager, hook: str) -> Sequence[Any]:
    results = getattr(manager.hook, hook)()
    if not results:  # pluggy leaves out None
        raise Broken(f"{hook} returned nothing: return a list")
    things = results[0]
    if isinstance(things, str | bytes) or not isinstance(things, Sequence):
        raise Broken(f"{hook} returned {_type(things)}: return a list")
    if not things:
        raise Broken(f"{hook} returned an empty list")
    return things


def check(kind: Kind, thing: Any) -> OutputMeta | SourceMeta:
    """The sound metadata of one registered object.

    Raises:
        Broken: it is not an output (or source), or its metadata can't be used.
    """
    wanted: type[OutputMeta | SourceMeta] = OutputMeta if kind == "output" else SourceMeta
    call = "render" if kind == "output" else "read"
    meta = getattr(thing, "meta", None)
    if isinstance(thing, type):
        raise Broken(f"{thing.__name__} is a class: register an object of it")
    if not isinstance(meta, wanted):
        raise Broken(f"{_type(thing)} has no `meta` of type {wanted.__name__}")
    if not callable(getattr(thing, call, None)):
        raise Broken(f"{_type(thing)} has no method `{call}`")
    try:
        meta = wanted.from_dict(meta.to_dict())
    except (ModelError, AttributeError, TypeError) as error:
        raise Broken(f"bad metadata: {error}") from error
    if isinstance(meta, OutputMeta):
        assembles = callable(getattr(thing, "assemble", None))
        _refuse(_output_problems(meta, assembles=assembles))
    else:
        _refuse(_source_problems(meta))
    return meta


def _output_problems(meta: OutputMeta, *, assembles: bool) -> list[str]:
    return [
        *_name_problems(meta.name, meta.version),
        *_unless(_EXTENSION.match(meta.extension), f"extension {meta.extension!r}: a-z and 0-9"),
        *_unless(_MEDIA_TYPE.match(meta.media_type), f"media_type {meta.media_type!r}"),
        *_unless(assembles or not meta.feed, "feed=True needs a method `assemble`"),
        *_unless(assembles or not meta.fragment, "fragment=True needs a method `assemble`"),
    ]


def _source_problems(meta: SourceMeta) -> list[str]:
    bad = [kind for kind in meta.media_types if not _MEDIA_RANGE.match(kind)]
    return [
        *_name_problems(meta.name, meta.version),
        *_unless(not bad, f"media_types {', '.join(bad)}: lower case, without parameters"),
    ]


def _name_problems(name: str, version: str) -> list[str]:
    return [
        *_unless(_NAME.match(name), f"name {name!r}: a letter, then a-z, 0-9 and _"),
        *_unless(name not in RESERVED, f"name {name!r} is the hub's own"),
        *_unless(version.strip(), "version is empty"),
    ]


def _unless(fine: object, problem: str) -> list[str]:
    return [] if fine else [problem]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Broken("bad metadata: " + "; ".join(problems))


def find(locator: Locator, kind: Kind, name: str) -> Any:
    """The one object of that kind and name, for a child that will call it.

    Raises:
        Broken: it is not there (any more).
    """
    for found, thing in registered(load(locator)):
        if found == kind and getattr(getattr(thing, "meta", None), "name", None) == name:
            return thing
    raise Broken(f"{locator.module} registers no {kind} {name!r} any more")


def describe(locator: Locator) -> dict[str, Any]:
    """All that a plugin registers, as JSON: metadata, or a problem, for each object."""
    things = _guarded(lambda: registered(load(locator)))
    if isinstance(things, str):
        return {"problem": things, "plugins": []}
    plugins = []
    for kind, thing in things:
        meta = _guarded(lambda kind=kind, thing=thing: check(kind, thing))  # type: ignore[misc]  # bound now
        if isinstance(meta, str):
            plugins.append({"kind": kind, "problem": meta, "name": _name_of(thing)})
        else:
            plugins.append({"kind": kind, "meta": meta.to_dict()})
    return {"problem": None, "plugins": plugins}


def _guarded(step: Callable[[], Any]) -> Any:
    """The step's result, or a sentence about what the plugin did instead."""
    try:
        return step()
    except Broken as error:
        return str(error)
    except SystemExit as error:
        return f"it called sys.exit({error.code!r}) while it was loaded"
    except SyntaxError as error:
        return f"syntax error in line {error.lineno}: {error.msg}"
    except BaseException as error:  # noqa: BLE001  # the plugin's own code ran: anything can come
        return f"{type(error).__name__} while it was loaded: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    try:
        return (str(error).strip().splitlines() or [""])[0][:500]
    except Exception:  # noqa: BLE001  # an exception of the plugin's own may not even print
        return "(it can't be printed)"


def _name_of(thing: Any) -> str:
    name = getattr(getattr(thing, "meta", None), "name", "")
    return name if isinstance(name, str) and _NAME.match(name) else ""


def _type(thing: Any) -> str:
    return type(thing).__name__
