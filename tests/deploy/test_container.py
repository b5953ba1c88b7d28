"""The container files, read and linted: no container engine runs here, so that they build and start is not shown."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app.config import ROOT, SETTINGS
from tests.brokers import need

FOLDER = ROOT / "deploy/container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
COMPOSE = (FOLDER / "compose.yaml").read_text()
WHOLE = yaml.safe_load(COMPOSE)
SERVICES = WHOLE["services"]
APP = sorted(name for name, service in SERVICES.items() if service["image"] == "tickbox")
TEMPLATE = ROOT / "deploy/nginx/tickbox.conf.template"


def test_the_containerfile_has_no_lint():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    need(hadolint, "This needs hadolint: pipenv sync --dev")

    done = subprocess.run([hadolint, FOLDER / "Containerfile"], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_has_a_version():
    images = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    images += [service["image"] for service in SERVICES.values() if service["image"] != "tickbox"]

    assert images
    assert [image for image in images if not re.search(r":\d+\.\d+\.?\d*", image)] == []


def test_the_image_serves_as_a_user_without_rights_and_without_a_shell():
    assert "\nUSER 10001:10001\n" in CONTAINERFILE
    assert re.findall(r"^CMD (.*)", CONTAINERFILE, re.MULTILINE) == ['["gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]']


def test_the_image_holds_the_code_and_nothing_else():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    needed = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert lines[0] == "*"
    assert needed == {"Pipfile", "Pipfile.lock", "app", "frontend", "migrations", "gunicorn.conf.py", "wsgi.py"}
    assert all((ROOT / name).exists() for name in needed)


def test_what_makes_the_whole():
    assert set(SERVICES) == {"nginx", "api-1", "api-2", "migrate", "worker", "scheduler", "postgres", "redis"}
    assert APP == ["api-1", "api-2", "migrate", "scheduler", "worker"]


@pytest.mark.parametrize("name", APP)
def test_settings_are_the_service_s_own(name):
    known = {setting.name for setting in SETTINGS}

    assert SERVICES[name]["environment"].keys() <= known


def test_no_secret_stands_in_the_file():
    secret = [setting.name for setting in SETTINGS if setting.secret] + ["POSTGRES_PASSWORD"]
    environments = [service.get("environment", {}) for service in SERVICES.values()]
    given = [(key, str(value)) for environment in environments for key, value in environment.items() if key in secret]

    for key, value in given:
        assert "${" in value or value.startswith("redis://redis:"), key
    for key in ("SECRET_KEY", "JWT_SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"\$\{{{key}:\?", COMPOSE), f"{key} must be asked for"


def test_commands_are_those_of_the_procfile():
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())

    commands = {name: " ".join(SERVICES[name]["command"]) for name in ("migrate", "worker", "scheduler")}

    assert commands == {"migrate": procfile["release"], "worker": procfile["worker"], "scheduler": procfile["scheduler"]}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_waits_for_services_that_tell_it_when(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other] or (SERVICES[other]["image"] == "tickbox" and "HEALTHCHECK" in CONTAINERFILE)
        else:
            assert (other, how["condition"]) == ("migrate", "service_completed_successfully")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_may_do_as_little_as_it_can(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"]
    assert service["mem_limit"]
    assert service["pids_limit"]


def test_volumes_and_networks_are_declared():
    for service in SERVICES.values():
        volumes = [volume.split(":")[0] for volume in service.get("volumes", [])]
        assert {volume for volume in volumes if "/" not in volume} <= WHOLE["volumes"].keys()
        assert set(service["networks"]) <= WHOLE["networks"].keys()


def test_nginx_reaches_the_api_alone():
    reached = {name for name, service in SERVICES.items() if set(service["networks"]) & {"front"}} - {"nginx"}

    assert reached == {"api-1", "api-2"}
    for name in ("postgres", "redis"):
        assert not set(SERVICES[name]["networks"]) & set(SERVICES["nginx"]["networks"])
        assert "ports" not in SERVICES[name]


def test_what_is_set_beside_the_compose_file_reaches_the_service():
    for name in ("api-1", "api-2", "worker", "scheduler"):
        assert SERVICES[name]["env_file"] == ".env"


def test_nginx_is_given_every_value_of_its_template():
    need(TEMPLATE.exists(), "This needs deploy/nginx/tickbox.conf.template")
    wanted = set(re.findall(r"\$\{([A-Z_]+)\}", re.sub(r"^#.*", "", TEMPLATE.read_text(), flags=re.MULTILINE)))
    given = SERVICES["nginx"]["environment"]
    filtered = re.fullmatch(r"\^\((.*)\)\$\$", given["NGINX_ENVSUBST_FILTER"])[1].split("|")

    assert wanted == given.keys() - {"NGINX_ENVSUBST_FILTER"} == set(filtered)
