"""What is in deploy/ for Prometheus and Grafana fits what /metrics gives."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.config import ROOT
from app.core.database import transaction
from app.jobs import runner, service
from tests.brokers import need

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "tickbox.json").read_text())
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def promtool(*arguments, folder=PROMETHEUS):
    need(shutil.which("promtool"), "This needs promtool: apt-get install prometheus")
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def shown(lone_app):
    """The names that /metrics of a service shows that has done a job."""
    with lone_app.app_context():
        with transaction():
            service.enqueue("nobody's", {})
        runner.run_next()
    text = lone_app.test_client().get("/readyz") and lone_app.test_client().get("/metrics").text
    return {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def test_each_name_in_dashboard_and_alerts_is_in_the_metrics(shown):
    named = set(re.findall(r"\btickbox_\w+", " ".join(EXPRESSIONS)))

    assert len(named) > 10
    assert named - shown == set()


def test_prometheus_takes_configuration_and_rules():
    run = promtool("check", "config", "prometheus.yml")

    assert run.returncode == 0, run.stderr


def test_alerts_fire_when_they_shall_and_not_otherwise():
    run = promtool("test", "rules", "alerts_test.yml")

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_tests_of_the_alerts_notice_a_change(tmp_path):
    for name in ("alerts.yml", "alerts_test.yml"):
        shutil.copy(PROMETHEUS / name, tmp_path)
    alerts = tmp_path / "alerts.yml"
    alerts.write_text(alerts.read_text().replace("> 0.01", "> 0.10"))

    assert promtool("test", "rules", "alerts_test.yml", folder=tmp_path).returncode != 0


def test_each_alert_is_tested():
    text = Path(PROMETHEUS / "alerts_test.yml").read_text()

    assert [rule["alert"] for rule in RULES if text.count(f"alertname: {rule['alert']}") < 2] == []


def test_each_alert_says_how_bad_it_is_and_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
        assert rule["for"], rule["alert"]


def test_promql_of_the_dashboard_is_right(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(EXPRESSIONS)]
    text = yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}).replace("$__rate_interval", "1m")
    (tmp_path / "panels.yml").write_text(text)

    run = promtool("check", "rules", "panels.yml", folder=tmp_path)

    assert run.returncode == 0, run.stderr


def test_no_panel_covers_another():
    taken = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
