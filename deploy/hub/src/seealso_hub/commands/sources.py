"""`seealso sources`: what the hub watches by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.commands.findings import COLUMNS as FINDINGS
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("name", "Source"),
    Column("plugin", "Plugin"),
    Column("state", "State"),
    Column("succeeded", "Last success"),
    Column("next_look", "Next look"),
    Column("error", "Error"),
    Column("wrong", "Findings"),
    Column("location", "Location"),
)
PLUGINS = (
    Column("name", "Plugin"),
    Column("places", "Watches"),
    Column("media_types", "Reads"),
    Column("description", "What"),
)
OPTIONS = (
    Column("plugin", "Plugin"),
    Column("name", "Option"),
    Column("default", "Default"),
    Column("help", "What it is"),
)
_LONGEST = 300  # characters of a value that a test shows

_Command = Callable[..., None]


class _Pair(click.ParamType[tuple[str, str]]):
    """``name=value``."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f"{value!r} is not NAME=VALUE.", param, ctx)
        return name.strip(), text


def _described(command: _Command) -> _Command:
    """The options that describe a source."""
    for option in (
        click.option(
            "--on-gone",
            type=click.Choice(["keep", "withdraw", "ask"]),
            help="Articles that its list no longer names: keep them (usual), withdraw, or ask.",
        ),
        click.option(
            "--field",
            "fields",
            type=_Pair(),
            metavar="FIELD=WHERE",
            multiple=True,
            help="Where a field stands: a CSS selector of a page, a path of JSON. Again for more.",
        ),
        click.option(
            "--option",
            "options",
            type=_Pair(),
            metavar="NAME=VALUE",
            multiple=True,
            help="An option of the plugin. Again for more.",
        ),
        click.option("--plugin", help="Plugin that reads it; else the one that fits is found."),
    ):
        command = option(command)
    return command


def _body(
    location: str | None,
    plugin: str | None,
    options: Sequence[tuple[str, str]],
    fields: Sequence[tuple[str, str]],
    on_gone: str | None,
) -> dict[str, Any]:
    """What was given; what was not stays as it is."""
    given = {
        "location": None if location is None else _whole(location),
        "plugin": plugin,
        "options": dict(options) or None,
        "fields": dict(fields) or None,
        "on_gone": on_gone,
    }
    return {name: value for name, value in given.items() if value is not None}


def _whole(location: str) -> str:
    """A folder that is named from here is one of this machine; the hub wants its whole path."""
    is_here = "://" not in location and Path(location).is_dir()
    return str(Path(location).resolve()) if is_here else location


@click.group(cls=HubGroup)
def sources() -> None:
    """Feeds, sitemaps, pages and folders that the hub watches by itself."""


@sources.command()
@click.argument("name")
@click.argument("location")
@_described
@json_option
@pass_session
def add(
    session: Session,
    name: str,
    location: str,
    plugin: str | None,
    options: tuple[tuple[str, str], ...],
    fields: tuple[tuple[str, str], ...],
    on_gone: str | None,
    as_json: bool,
) -> None:
    """Watch LOCATION, an address or a folder, under NAME: half of the identity of its articles."""
    body = {"name": name, **_body(location, plugin, options, fields, on_gone)}
    _tell(session.client().post("/api/sources", body), as_json)


@sources.command()
@click.argument("name")
@click.option("--location", help="Another address.")
@_described
@json_option
@pass_session
def change(
    session: Session,
    name: str,
    location: str | None,
    plugin: str | None,
    options: tuple[tuple[str, str], ...],
    fields: tuple[tuple[str, str], ...],
    on_gone: str | None,
    as_json: bool,
) -> None:
    """Describe a source anew; all that is there is read again."""
    body = _body(location, plugin, options, fields, on_gone)
    if not body:
        raise click.UsageError("Say what is to change: --location, --plugin, --option, --field...")
    _tell(session.client().patch(f"/api/sources/{segment(name)}", body), as_json)


@sources.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """All sources that are watched, and how each is."""
    found = session.client().get("/api/sources")
    rows = [] if as_json else [_row(one) for one in found["sources"]]
    console.show(found, as_json, Listing("Sources", COLUMNS, rows))


@sources.command()
@click.argument("name")
@json_option
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """All about one source: its description, its looks, its findings."""
    client = session.client()
    found = client.get(f"/api/sources/{segment(name)}")
    if as_json:
        found["failed_items"] = client.get(
            f"/api/sources/{segment(name)}/items", state="failed", limit=20
        )["items"]
        console.emit(found)
        return
    for key, value in found.items():
        if key != "findings" and value not in (None, {}, ""):
            _line(key.replace("_", " "), _text(value))
    console.show(found, False, Listing("Findings", FINDINGS, found["findings"]))


@sources.command()
@click.argument("name_or_location", metavar="NAME|LOCATION")
@_described
@json_option
@pass_session
def test(
    session: Session,
    name_or_location: str,
    plugin: str | None,
    options: tuple[tuple[str, str], ...],
    fields: tuple[tuple[str, str], ...],
    on_gone: str | None,
    as_json: bool,
) -> None:
    """What would come in, field by field and where each was found. Nothing is stored."""
    client = session.client()
    if "/" in name_or_location:
        body = _body(name_or_location, plugin, options, fields, on_gone)
        found = client.post("/api/sources/test", body)
    else:
        body = _body(None, plugin, options, fields, on_gone)
        found = client.post(f"/api/sources/{segment(name_or_location)}/test", body)
    if as_json:
        console.emit(found)
    else:
        _tell_test(found)


@sources.command()
@click.argument("name")
@json_option
@pass_session
def pause(session: Session, name: str, as_json: bool) -> None:
    """Look at a source no more, until it is resumed."""
    _tell(session.client().post(f"/api/sources/{segment(name)}/pause"), as_json)


@sources.command()
@click.argument("name")
@json_option
@pass_session
def resume(session: Session, name: str, as_json: bool) -> None:
    """Look at a source again, from now on."""
    _tell(session.client().post(f"/api/sources/{segment(name)}/resume"), as_json)


@sources.command()
@click.argument("name")
@click.option("--anew", is_flag=True, help="Read all of it, though nothing has changed there.")
@json_option
@pass_session
def look(session: Session, name: str, anew: bool, as_json: bool) -> None:
    """Look at a source now."""
    path = f"/api/sources/{segment(name)}/look"
    _tell(session.client().post(path, anew=1 if anew else None), as_json)


@sources.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Watch a source no more. Its articles stay."""
    session.client().delete(f"/api/sources/{segment(name)}")
    console.say(f"{name} is watched no more. Its articles stay.")


@sources.command()
@json_option
@pass_session
def plugins(session: Session, as_json: bool) -> None:
    """The source plugins: what each reads, and its options."""
    found = session.client().get("/api/source-plugins")
    options = [
        {"plugin": one["name"], **option} for one in found["plugins"] for option in one["options"]
    ]
    console.show(
        found,
        as_json,
        Listing("Plugins", PLUGINS, found["plugins"]),
        Listing("Options", OPTIONS, options),
    )


# --- what a person sees --------------------------------------------------------------------------


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "wrong": [finding["code"] for finding in one["findings"]]}


def _tell(one: dict[str, Any], as_json: bool) -> None:
    if one.get("said") and not as_json:
        console.say(one["said"])
    console.show(one, as_json, Listing("Source", COLUMNS, [_row(one)]))


def _tell_test(found: dict[str, Any]) -> None:
    if found["said"]:
        console.say(found["said"])
    _line("read", f"{found['url']} as {found['media_type']} by {found['plugin']}")
    for one in found["articles"]:
        console.out().print()
        for field, value in one["article"].items():
            if value not in (None, "", [], {}) and field not in ("content_hash", "version"):
                where = one["provenance"].get(field)
                _line(field, _text(value) + (f"   [{where}]" if where else ""))
    if found["count"] > len(found["articles"]):
        console.say(f"... and {found['count'] - len(found['articles'])} more articles.")
    for problem in found["problems"]:
        _line("rejected", f"{problem['code']}: {problem['detail']}")
    if found["lead_count"]:
        count = f"{found['lead_count']:,} places; the first {len(found['articles'])} were read"
        _line("names", count)
    console.say("Nothing was stored.")


def _line(what: str, text: str) -> None:
    console.out().print(Text.assemble((f"{what:<14} ", "bold"), text))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{key}: {text}" for key, text in value.items() if text is not None)
    elif isinstance(value, list):
        value = "; ".join(_text(one) for one in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
