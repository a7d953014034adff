"""Dashboard, alert rules and their page: every metric that they name is one, every alert is explained."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.contracts import pages
from tests.contracts.pages import DOCS, ROOT
from tests.hub.running import start

RULES = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/dashboard.json"
PAGE = DOCS / "observability.md"
_SERIES = re.compile(r"\b(seealso_[a-z_]+)(?:\{([^}]*)\})?")


def alerts() -> list[dict[str, Any]]:
    """Every rule of the file."""
    groups = yaml.safe_load(pages.text(RULES))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Every query of the dashboard and the rules."""
    for panel in json.loads(pages.text(DASHBOARD))["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (rule["expr"] for rule in alerts())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What /metrics of a running hub says when the sample articles have gone through it."""
    hub = start(tmp_path_factory.mktemp("observed") / "data", SEEALSO_WEB_WORKERS="2")
    try:
        hub.feed_samples()
        hub.command("dead-letters", "list")
        return requests.get(f"{hub.url}/metrics", timeout=10).text
    finally:
        hub.stop()


def test_every_series_that_is_asked_for_is_there(shown: str) -> None:
    asked = {found for expr in expressions() for found in _SERIES.findall(expr)}
    assert len(asked) > 15
    for name, selector in asked:
        lines = [line for line in shown.splitlines() if re.match(rf"{name}[ {{]", line)]
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert f"# TYPE {family} " in shown or f"# TYPE {name} " in shown, name
        for label in re.findall(r"(\w+)=", selector):
            assert _labelled(lines, label) or not lines, f"{name} has no label {label}"


def _labelled(lines: list[str], label: str) -> bool:
    return any(re.search(rf"[{{,]{label}=\"", line) for line in lines)


def test_a_running_hub_says_how_it_is(shown: str) -> None:
    """Also with two web workers, of which one answers for both and for the workers' process."""
    values = dict(
        line.rsplit(" ", 1) for line in shown.splitlines() if line and not line.startswith("#")
    )
    assert float(values["seealso_ready"]) == 1
    assert float(values["seealso_dead_letters"]) == 0
    created = float(values['seealso_intake_total{result="created"}'])
    assert created == float(values['seealso_articles{status="published"}'])
    assert float(values['seealso_settled_total{output="rss"}']) >= created
    assert float(values['seealso_settled_total{output="filing"}']) >= created
    assert float(values["seealso_db_commit_seconds_count"]) > 0
    assert float(values["seealso_disk_free_bytes"]) > 0
    for step in ("render", "filing", "clock"):
        assert float(values[f'seealso_heartbeat_age_seconds{{step="{step}"}}']) < 60


def test_no_label_holds_what_came_from_outside(shown: str) -> None:
    labels = set(re.findall(r'(\w+)="', shown))
    allowed = {"le", "lane", "output", "state", "status", "method", "result", "outcome", "step"}
    assert labels <= allowed | {"plugin", "kind", "reason"}
    assert "http" not in " ".join(re.findall(r'="([^"]*)"', shown))


def test_every_alert_has_its_section_and_says_what_to_do() -> None:
    text = pages.text(PAGE)
    sections = dict(
        re.findall(r"^### (Seealso\w+)\n\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    )
    assert set(sections) == {rule["alert"] for rule in alerts()}
    for rule in alerts():
        assert "What to do: " in sections[rule["alert"]], rule["alert"]
        assert rule["annotations"]["runbook"] == f"docs/observability.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "warn")


def test_prometheus_takes_the_rules_and_fires_them_when_it_should(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run(
        [promtool, "check", "rules", str(RULES)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    cases = tmp_path / "cases.yml"
    cases.write_text(yaml.safe_dump(_cases()))
    tested = subprocess.run(
        [promtool, "test", "rules", str(cases)], check=False, capture_output=True, text=True
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


_FIRING = {  # the series of a hub in trouble, a sample a minute
    "SeealsoUrgentWorkWaits": {'seealso_oldest_waiting_seconds{lane="0"}': "0+30x20"},
    "SeealsoDeadLetters": {"seealso_dead_letters": "0 0 3+0x20"},
    "SeealsoStepSilent": {'seealso_heartbeat_age_seconds{step="render"}': "10+60x20"},
    "SeealsoNotReady": {'seealso_ready{instance="a"}': "1 1 0+0x20"},
    "SeealsoDiskFillsUp": {"seealso_disk_free_bytes": "2e9-2e8x20"},
    "SeealsoWorkWaits": {'seealso_oldest_waiting_seconds{lane="1"}': "0+60x20"},
    "SeealsoPartnerUnreached": {"seealso_unreached_withdrawals": "0+1x20"},
    "SeealsoMailWaits": {"seealso_oldest_delivery_seconds": "0+600x20"},
    "SeealsoInputRejected": {"seealso_rejected_rows": "40 140+20x20"},
    "SeealsoPluginBreaks": {'seealso_plugin_failures_total{plugin="rss",kind="crashed"}': "0+2x20"},
    "SeealsoWorkersVanish": {'seealso_lease_expired_total{output="rss"}': "0+20x20"},
    "SeealsoServerErrors": {'seealso_http_requests_total{status="5xx"}': "0+60x20"},
    "SeealsoCommitsSlow": {
        'seealso_db_commit_seconds_bucket{le="1"}': "0+1x30",
        'seealso_db_commit_seconds_bucket{le="2.5"}': "0+60x30",
        'seealso_db_commit_seconds_bucket{le="+Inf"}': "0+60x30",
    },
}
_WELL = {
    'seealso_oldest_waiting_seconds{lane="0"}': "0+0x30",
    'seealso_oldest_waiting_seconds{lane="1"}': "2+0x30",
    "seealso_dead_letters": "0+0x30",
    'seealso_heartbeat_age_seconds{step="render"}': "15+0x30",
    'seealso_ready{instance="a"}': "1+0x30",
    "seealso_disk_free_bytes": "5e10+0x30",
    "seealso_oldest_delivery_seconds": "1+0x30",
    "seealso_unreached_withdrawals": "0+0x30",
    "seealso_rejected_rows": "12+0x30",
    'seealso_plugin_failures_total{plugin="rss",kind="rejected"}': "0+50x30",
    'seealso_lease_expired_total{output="rss"}': "0+1x30",
    'seealso_http_requests_total{status="2xx"}': "0+6000x30",
    'seealso_db_commit_seconds_bucket{le="1"}': "0+60x30",
    'seealso_db_commit_seconds_bucket{le="+Inf"}': "0+60x30",
}


def _cases() -> dict[str, Any]:
    """For `promtool test rules`: each alert fires on its trouble, and none on a hub that is well."""
    assert set(_FIRING) == {rule["alert"] for rule in alerts()}
    well = [_case(_WELL, rule["alert"], fires=False) for rule in alerts()]
    ill = [_case(series, alert, fires=True) for alert, series in _FIRING.items()]
    return {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": well + ill}


def _case(series: dict[str, str], alert: str, *, fires: bool) -> dict[str, Any]:
    rows = [{"series": name, "values": values} for name, values in series.items()]
    case: dict[str, Any] = {"interval": "1m", "input_series": rows}
    # Whether it fires, not with which words: those have the value in them.
    firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    samples = [{"labels": "{}", "value": 1}] if fires else []
    case["promql_expr_test"] = [{"expr": firing, "eval_time": "18m", "exp_samples": samples}]
    return case
