"""The systemd units, checked by systemd's own tools: no systemd runs here, so that they start is not shown."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from app.config import ROOT
from tests.brokers import need

FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(FOLDER.glob("tickbox*.*"), key=str)
UNITS = [unit for unit in UNITS if unit.is_file()]
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = 15  # tenths; systemd calls up to 20 "ok", and a service without any protection has 96
PROGRAMS = "/opt/tickbox/.venv/bin/"


def analyze(*arguments):
    need(shutil.which("systemd-analyze"), "This needs systemd's tools: apt-get install systemd")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


def name(unit):
    return unit.name


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_systemd_finds_no_fault_in_a_unit(unit):
    complaints = analyze("verify", "--man=no", str(unit)).stderr.splitlines()

    assert [line for line in complaints if not re.search(rf"Command {PROGRAMS}\w+ is not executable: No such file", line)] == []


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_is_hardly_exposed(unit):
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_stop_reaches_the_main_process_alone(unit):
    assert "\nKillMode=mixed\n" in unit.read_text()


def test_the_services_run_what_the_procfile_does():
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    run = {unit.name: re.search(rf"^ExecStart={PROGRAMS}(.*)", unit.read_text(), re.MULTILINE) for unit in SERVICES}

    assert {unit: found[1] for unit, found in run.items() if found} == {
        "tickbox-api@.service": procfile["web"],
        "tickbox-migrate.service": procfile["release"],
        "tickbox-scheduler.service": procfile["scheduler"],
        "tickbox-worker.service": procfile["worker"],
    }


def test_a_stop_leaves_gunicorn_time_to_finish():
    patience = int(re.search(r"^graceful_timeout = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)[1])

    assert int(re.search(r"^TimeoutStopSec=(\d+)", (FOLDER / "tickbox-api@.service").read_text(), re.MULTILINE)[1]) > patience
