"""deploy/kubernetes runs what docker-compose.yml runs, watched in the same way and with as few rights.

kubectl builds it (no cluster is needed), the published schemas of Kubernetes check it, and the rest is
compared with the compose file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml
from seealso_core.settings import TABLE, load
from seealso_store import schema

from tests.contracts import pages
from tests.contracts.compose import OURS, is_web
from tests.contracts.pages import ROOT

FOLDER = ROOT / "deploy/kubernetes"
GRACE = 10  # seconds that a process takes to stop at most
Document = dict[str, Any]

pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl here")


@pytest.fixture(scope="module")
def built() -> list[Document]:
    """All objects, as `kubectl apply --kustomize` would send them."""
    done = subprocess.run(
        ["kubectl", "kustomize", FOLDER], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(built: list[Document], kind: str) -> dict[str, Document]:
    return {one["metadata"]["name"]: one for one in built if one["kind"] == kind}


def pods(built: list[Document]) -> dict[str, Document]:
    """The pod of each container of compose, by its name."""
    found = of_kind(built, "Deployment") | of_kind(built, "Job")
    return {name: one["spec"]["template"]["spec"] for name, one in found.items()}


def container(pod: Document) -> Document:
    (found,) = pod["containers"]
    assert isinstance(found, dict)
    return found


def test_every_service_of_compose_runs_by_the_same_command_and_image(built: list[Document]) -> None:
    made = pods(built)
    assert made.keys() - {"nginx"} == OURS.keys()
    for name, service in OURS.items():
        assert container(made[name])["args"] == service["command"], name
        image = container(made[name])["image"].rpartition("/")[2].partition(":")[0]
        assert image == service["build"]["args"]["SERVICE"], name


def test_every_service_has_the_settings_of_compose(built: list[Document]) -> None:
    (settings,) = [
        one["data"] for name, one in of_kind(built, "ConfigMap").items() if name == "seealso"
    ]
    known = {row.environment: row for row in TABLE}
    for name in OURS:
        box = container(pods(built)[name])
        assert box["envFrom"] == [{"configMapRef": {"name": "seealso"}}]
        secret = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in box["env"]}
        assert {"SEEALSO_DATABASE_URL", "SEEALSO_BROKER_URL", "SEEALSO_KEY"} <= secret.keys()
        assert all(known[variable].secret for variable in secret), "secrets by reference"
        assert not any(known[variable].secret for variable in settings)
    given = load({**settings, "SEEALSO_KEY": "sk_x"})
    assert (given.host, given.port) == ("0.0.0.0", 8000)
    told = re.findall(r"--from-literal=([\w-]+)=", pages.text(FOLDER / "kustomization.yaml"))
    asked = {ref["key"] for ref in secret.values()} | {"smtp-url"}
    assert set(told) == asked


def test_every_service_is_watched_as_in_compose(built: list[Document]) -> None:
    for name, pod in pods(built).items():
        if name in ("nginx", "migrate"):
            continue
        box = container(pod)
        check = OURS[name]["healthcheck"]["test"]
        if is_web(name):
            ready = box["readinessProbe"]["httpGet"]
            assert f":{box['ports'][0]['containerPort']}{ready['path']}'" in check[-1]
            assert box["livenessProbe"]["httpGet"]["path"] == "/livez", "no restart for a database"
        else:
            assert ["CMD", *box["readinessProbe"]["exec"]["command"]] == check
            assert "livenessProbe" not in box


def test_a_pod_has_time_to_end_and_nobody_is_sent_there_meanwhile(built: list[Document]) -> None:
    deployments = of_kind(built, "Deployment")
    for name, pod in pods(built).items():
        if name in ("nginx", "migrate"):
            continue
        pause = 0
        if is_web(name):
            word, seconds = container(pod)["lifecycle"]["preStop"]["exec"]["command"]
            assert word == "sleep"
            pause = int(seconds)
            rolling = deployments[name]["spec"]["strategy"]["rollingUpdate"]
            assert rolling == {"maxUnavailable": 0, "maxSurge": 1}
        assert pod["terminationGracePeriodSeconds"] > pause + GRACE


def test_no_pod_has_more_rights_than_it_needs(built: list[Document]) -> None:
    for name, pod in pods(built).items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        for box in (*pod["containers"], *pod.get("initContainers", ())):
            assert box["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
    image = pages.text(ROOT / "deploy/docker/Dockerfile")
    user = pods(built)["ingest"]["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}\n" in image


def test_every_name_of_nginx_is_a_service_that_leads_to_pods(built: list[Document]) -> None:
    services, deployments = of_kind(built, "Service"), of_kind(built, "Deployment")
    names = set(re.findall(r"server ([\w-]+):8000", pages.text(ROOT / "deploy/nginx/nginx.conf")))
    assert names == services.keys() - {"nginx"}
    for name, one in services.items():
        labels = deployments[name]["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"].items() <= labels.items()
        (port,) = one["spec"]["ports"]
        assert port["targetPort"] in {p["name"] for p in container(pods(built)[name])["ports"]}
        assert port["port"] == (80 if name == "nginx" else 8000)
    (way_in,) = of_kind(built, "Ingress").values()
    (path,) = way_in["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == "nginx"


def test_what_is_scaled_and_spared_exists(built: list[Document]) -> None:
    deployments = of_kind(built, "Deployment")
    scaled = of_kind(built, "ScaledObject") | of_kind(built, "HorizontalPodAutoscaler")
    for one in scaled.values():
        target = deployments[one["spec"]["scaleTargetRef"]["name"]]
        if one["kind"] == "ScaledObject":
            assert "replicas" not in target["spec"], "the scaler decides"
    for name in of_kind(built, "PodDisruptionBudget"):
        assert name in deployments


def test_the_scaler_asks_the_ledger_for_columns_that_it_has(built: list[Document]) -> None:
    (render,) = of_kind(built, "ScaledObject").values()
    depth, age = render["spec"]["triggers"]
    query = depth["metadata"]["query"]
    (table,) = re.findall(r"FROM (\w+) ", query)
    columns = set(schema.metadata.tables[table].c.keys())
    assert set(re.findall(r"(?:WHERE|AND) (\w+) ", query)) <= columns
    metric = re.search(r"seealso_\w+", age["metadata"]["query"])
    assert metric
    assert f"`{metric[0]}`" in "".join(pages.text(page) for page in (ROOT / "docs").glob("*.md"))


@pytest.mark.live
def test_postgresql_answers_the_scaler(built: list[Document], postgres: Any) -> None:
    (render,) = of_kind(built, "ScaledObject").values()
    with postgres.read() as conn:
        query = render["spec"]["triggers"][0]["metadata"]["query"]
        assert conn.exec_driver_sql(query).scalar_one() == 0


def test_the_schemas_of_kubernetes_know_every_field(built: list[Document]) -> None:
    foreign = {"ScaledObject", "TriggerAuthentication"}  # KEDA's own kinds
    for one in built:
        if one["kind"] not in foreign:
            kubernetes_validate.validate(one, "1.32", strict=True)
