"""Tables in the documents that are made from code: settings, commands, routes, metrics, codes.

``UPDATE_DOCS=1 ./dev test tests/contracts`` writes them anew.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from flask import Flask
from openapi_spec_validator import validate
from seealso_core import meters, openapi, registry
from seealso_core.settings import TABLE
from seealso_hub.cli import cli
from seealso_sdk.model import KINDS, STATUSES, Article
from seealso_sdk.text import slugify
from seealso_store import health
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from tests.contracts import pages
from tests.contracts.pages import DOCS, ROOT

API = DOCS / "api.md"
OPENAPI = ROOT / "deploy/nginx/openapi.json"
# Who serves a blueprint's routes in production. The topics' API is part of the feeds service.
SERVICES = {"ingest": "ingest", "render": "render", "feeds": "feeds", "topics": "feeds",
            "dispatch": "dispatch", "seealso": "every service", "": "every service"}  # fmt: skip


# --- settings and commands ------------------------------------------------------------------------


def test_every_setting_is_in_the_page_of_settings() -> None:
    rows = [
        (
            f"`{row.environment}`" + (f", `{row.environment}_FILE`" if row.secret else ""),
            f"`{row.default}`" if row.default else "",
            row.help,
        )
        for row in TABLE
    ]
    made = pages.table(("Setting", "Default", "What it is"), rows)
    pages.assert_made(DOCS / "settings.md", "settings", made)


def test_every_option_of_a_bundled_plugin_is_in_the_page_of_settings() -> None:
    rows = [
        (
            f"`SEEALSO_{record.kind}_{record.name}_{option.name}`".upper(),
            f"`{option.default}`" if option.default else "",
            option.help,
        )
        for record in registry.load().records
        if record.origin.startswith("seealso-") and record.meta
        for option in record.meta.options
    ]
    made = pages.table(("Option", "Default", "What it is"), rows)
    pages.assert_made(DOCS / "settings.md", "options", made)


def test_every_member_of_an_article_is_in_the_page_of_the_api() -> None:
    rows = [(f"`{f.name}`", _MEMBERS[f.name]) for f in fields(Article)]
    pages.assert_made(API, "article", pages.table(("Member", "What it is"), rows))


_MEMBERS = {
    "id": "for life: `a` and 15 letters and digits",
    "version": "whole number from 1; each change that a reader can see is one more",
    "status": f"{', '.join(f'`{one}`' for one in STATUSES)}",
    "kind": f"{', '.join(f'`{one}`' for one in KINDS)}",
    "title": "text",
    "summary": "text; may be empty",
    "language": "BCP 47",
    "body_html": "the body, in the [body profile](architecture.md#the-body-profile)",
    "body_text": "the same as text, made from it",
    "authors": "`[{name, url}]`",
    "reviewers": "`[{name, url}]`",
    "publisher": "`{name, url}` or null",
    "series": "`{title, url}` or null",
    "canonical_url": "the article's own address, or null",
    "source": "name of the source",
    "external_id": "the source's own id, or null",
    "published": "date or null",
    "updated": "date or null",
    "reviewed": "date or null",
    "review_by": "date or null",
    "embargo_until": "date or null; until then it is in no output",
    "expires": "date or null; from then on it is gone",
    "topics": "`[{slug, label, origin, score, reason}]`: where it is filed",
    "keywords": "the source's own words",
    "see_also": "`[{title, url, kind, article_id}]`; `article_id` null: a ghost",
    "promos": "`[{kind, about, text}]`: lifted out of the page, in no output",
    "media": "`[{url, type, alt, width, height, credit}]`",
    "corrections": "`[{at, text}]`",
    "rights": "`{license, attribution, url}` or null",
    "first_seen": "when the hub first accepted it",
    "changed": "when the hub accepted this version",
    "content_hash": "of what a reader can see",
}


def test_every_command_is_in_the_page_of_commands() -> None:
    described = [_described(path, command) for path, command in _commands(cli, ())]
    pages.assert_made(DOCS / "commands.md", "commands", "\n".join(described))


def _commands(
    group: click.Group, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield (*path, name), command
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _described(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=path[-1])
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    lines = [f"### `seealso {' '.join((*path, *arguments))}`", "", _unwrapped(command.help or "")]
    lines += [""] + [
        f"- `{', '.join(option.opts)}{_value(option, context)}`: {option.help or ''}".rstrip(": ")
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    return "\n".join(lines).rstrip() + "\n"


def _value(option: click.Option, context: click.Context) -> str:
    return "" if option.is_flag else f" {option.make_metavar(context)}"


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


# --- routes ---------------------------------------------------------------------------------------


def test_every_route_is_in_the_page_of_the_api(hub: Flask) -> None:
    document = openapi.build(hub, version="0", server="/")
    rows: dict[str, list[tuple[str, ...]]] = {}
    for rule in sorted(hub.url_map.iter_rules(), key=lambda r: (r.rule, sorted(r.methods or ()))):
        service = SERVICES[rule.endpoint.rpartition(".")[0]]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            operation = document["paths"][openapi.path_of(rule)][method.lower()]
            rows.setdefault(service, []).append(_route(method, rule.rule, operation))
    head = ("Method", "Address", "Key", "What it does", "Answers")
    parts = [
        f"### {service.capitalize()}\n\n{pages.table(head, rows[service])}"
        for service in dict.fromkeys(SERVICES.values())
    ]
    pages.assert_made(API, "routes", "\n".join(parts))


def _route(method: str, rule: str, operation: dict[str, Any]) -> tuple[str, ...]:
    query = [p for p in operation.get("parameters", ()) if p["in"] == "query"]
    told = [operation["summary"], *(f"`?{p['name']}` {p['description']}" for p in query)]
    return (
        method,
        f"`{rule}`",
        "yes" if "security" in operation else "",
        "<br>".join(told),
        " ".join(operation["responses"]),
    )


def test_the_description_is_openapi_and_covers_the_routes(hub: Flask) -> None:
    served = hub.test_client().get("/openapi.json").get_json()
    validate(served)
    assert served["openapi"].startswith("3.1")
    routes = {
        (openapi.path_of(rule), method.lower())
        for rule in hub.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, m) for path, methods in served["paths"].items() for m in methods}
    assert described == routes
    for path, methods in served["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), (method, path)


def test_the_whole_description_lies_ready_for_nginx(hub: Flask) -> None:
    """In production each service describes its own routes; nginx serves the description of all."""
    served = openapi.build(hub, version=_version(), server="/")
    if os.environ.get("UPDATE_DOCS") == "1":
        OPENAPI.write_text(json.dumps(served, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert json.loads(pages.text(OPENAPI)) == served, "UPDATE_DOCS=1 writes it anew"


def _version() -> str:
    from seealso_hub import __version__

    return __version__


def test_no_address_takes_the_place_of_a_topics_or_a_series(hub: Flask) -> None:
    """Any title can become a slug: a word of ours beside `<slug>` would hide the topic of that name."""
    rules = list(hub.url_map.iter_rules())
    for named in (rule for rule in rules if "<slug>" in rule.rule):
        hiding = [
            rule.rule
            for rule in rules
            if (rule.methods or set()) & (named.methods or set()) - {"OPTIONS"}
            and _hides(rule.rule, named.rule)
        ]
        assert not hiding, named.rule


def _hides(rule: str, named: str) -> bool:
    here, there = rule.split("/"), named.split("/")
    at = there.index("<slug>") if "<slug>" in there else -1
    if at < 0 or len(here) != len(there) or "<" in here[at] or slugify(here[at]) != here[at]:
        return False
    pairs = zip(here[:at] + here[at + 1 :], there[:at] + there[at + 1 :], strict=True)
    return all(a == b or "<" in a + b for a, b in pairs)


def test_the_rule_above_finds_what_hides_a_topic() -> None:
    assert _hides("/api/topics/ghosts", "/api/topics/<slug>")
    assert _hides("/api/topics/ghosts/<what>", "/api/topics/<slug>/alias")
    assert not _hides("/newsletters/newsletters.css", "/newsletters/<slug>")
    assert not _hides("/api/topics", "/api/topics/<slug>")


def test_what_is_guarded_says_so_and_is(hub: Flask) -> None:
    client = hub.test_client()
    for rule in hub.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.rule.startswith("/api/"):
                path = re.sub(r"<[^>]+>", "x", rule.rule)
                answer = client.open(path, method=method)
                assert (answer.status_code, answer.json["code"]) == (401, "key-missing"), path


# --- problems -------------------------------------------------------------------------------------

# Codes that are put together: what there is none of, and what werkzeug alone answers.
_PUT_TOGETHER = {
    f"{what}-unknown"
    for what in (
        "topic",
        "article",
        "series",
        "channel",
        "partner",
        "format",
        "rendition",
        "file",
        "page",
    )
} | {"http-<status>"}


def test_every_problem_code_is_explained_and_none_else() -> None:
    documented = pages.column(API, "## Problems") + pages.column(API, "### Rejected pieces")
    assert sorted(documented) == sorted(set(documented)), "a code stands there twice"
    assert set(documented) == _codes() | _PUT_TOGETHER


def test_every_code_of_a_rejected_piece_says_what_to_do() -> None:
    part = pages.text(API).partition("### Rejected pieces")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", part, re.MULTILINE)
    assert len(rows) > 20
    for code, cells in rows:
        told = [cell.strip() for cell in re.split(r"(?<!\\)\|", cells)]
        assert len(told) == 2, code
        assert all(told), code


def test_a_code_that_is_put_together_is_of_a_thing_that_is_looked_for() -> None:
    feeds = ROOT / "services/feeds/src/seealso_feeds"
    found = set()
    for module in feeds.glob("*.py"):
        found |= set(re.findall(r"NotHere\(f?\"([a-z]+)", pages.text(module)))
    assert {f"{what}-unknown" for what in found} == _PUT_TOGETHER - {"http-<status>"}


def _codes() -> set[str]:
    """The codes in the source: of problem documents, and of pieces that are rejected."""
    found = set()
    for module in _modules():
        for node in ast.walk(ast.parse(pages.text(module))):
            if isinstance(node, ast.Call):
                found |= set(_codes_of(node, module))
    web = pages.text(ROOT / "shared/core/src/seealso_core/web.py")
    found |= set(re.findall(r"^        4\d\d: \(\"([a-z-]+)\"", web, re.MULTILINE))
    return found


def _modules() -> Iterator[Path]:
    yield from ROOT.glob("services/*/src/**/*.py")
    yield from (ROOT / "shared/core/src").glob("**/*.py")
    yield from ROOT.glob("plugins/*/seealso_*.py")
    for name in ("xmlguard", "ownfields"):  # what sources refuse by
        yield ROOT / f"shared/sdk/src/seealso_sdk/{name}.py"


def _codes_of(call: ast.Call, module: Path) -> Iterator[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given: list[ast.expr] = [k.value for k in call.keywords if k.arg == "code"]
    if name == "Problem":
        given += call.args[1:2]
    elif name in ("VocabularyError", "SourceInvalid") or (
        name in ("Refused", "InputRefused") and _ingest(module)
    ):
        given += call.args[:1]
    yield from (
        node.value for node in given if isinstance(node, ast.Constant) and node.value is not None
    )


def _ingest(module: Path) -> bool:
    return "seealso_ingest" in module.parts  # elsewhere the first argument of a Refused is a field


# --- metrics --------------------------------------------------------------------------------------


def test_every_metric_is_in_the_page_of_observability(hub: Flask, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    prepare(database)
    found = {(m.name, m.type, m.help) for m in health.metrics(database)}
    database.close()
    client = hub.test_client()
    client.get("/livez")
    shown = client.get("/metrics").get_data(as_text=True)
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", shown, re.MULTILINE))
    types = dict(re.findall(r"^# TYPE (\S+) (.*)$", shown, re.MULTILINE))
    assert {name for name, _, _ in found} < set(helps)
    labels = {
        name: sorted(set(re.findall(r"(\w+)=\"", " ".join(re.findall(rf"^{name}{{(.*?)}} ", shown,
                                                                      re.MULTILINE)))))
        for name in helps
    }  # fmt: skip
    rows = [
        (f"`{name}`", types[name], ", ".join(_LABELS.get(name, labels[name])), helps[name])
        for name in sorted(helps)
    ]
    made = pages.table(("Metric", "Type", "Labels", "What it is"), rows)
    pages.assert_made(DOCS / "observability.md", "metrics", made)


_LABELS = {  # of those that have no sample on an empty hub
    "seealso_ledger_rows": ["output", "state"],
    "seealso_articles": ["status"],
    "seealso_heartbeat_age_seconds": ["step"],
} | {meter.name: sorted(meter.labels) for meter in meters.ALL}
