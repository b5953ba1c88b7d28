"""Schemathesis reads the OpenAPI document and tries to catch the service breaking it: thousands of requests, in the process.

Two people take turns. What one of them made the other must not get, whatever its id is tried on.
"""

from __future__ import annotations

import json
import os

import pytest

from tests import factories
from tests.contract.operations import API

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
SECONDS = 600 if THOROUGH else 30
PEERS = ("ada", "bob")
# They would end the very sessions that everything else is asked with, or slow everything down by hashing passwords.
LEFT_OUT = ["/api/v1/auth/logout", "/api/v1/auth/refresh", "/api/v1/auth/sessions", "/api/v1/auth/sessions/{session_id}", "/api/v1/auth/password", "/api/v1/auth/login", "/api/v1/auth/register"]  # fmt: skip
# An answer of 4xx to what the document allows: ids of nothing, two dues, a recurrence without a due ... JSON Schema cannot say it.
OFF = ["positive_data_acceptance", "missing_required_header"]


def peers(app, folder):
    """The file that tells Schemathesis who they are."""
    clients = {name: factories.client(app, factories.user(app, name=name)) for name in PEERS}
    entries = [{"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {client.token}"}]} for name, client in clients.items()]
    (folder / "peers.json").write_text(json.dumps({"auth": entries}))
    return clients, str(folder / "peers.json")


def configuration(path):
    """Everything on, within its time."""
    return {
        "seed": 1 if os.environ.get("CI") == "true" and not THOROUGH else None,
        "max-time": SECONDS,
        "cache": {"enabled": False},
        "auth": {"wfc": {"path": path, "peers": list(PEERS)}},
        "checks": {name: {"enabled": False} for name in OFF},
        "generation": {"max-examples": 100 if THOROUGH else 8, "deterministic": os.environ.get("CI") == "true" and not THOROUGH},
        "operations": [{"include-path": path, "enabled": False} for path in LEFT_OUT] + [{"include-path": "/api/v1/me", "include-method": "DELETE", "enabled": False}],
    }  # fmt: skip


def without_nothing(values):
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def engine(app, tmp_path):
    """Schemathesis over the document of the app."""
    import schemathesis  # it takes two seconds, which only this module is to wait
    from schemathesis.config import SchemathesisConfig

    clients, path = peers(app, tmp_path)
    for client in clients.values():
        made = client.post("/lists", {"name": "own"}).json
        todo = client.post("/todos", {"task": "own", "list_id": made["id"]}).json
        client.post(f"/todos/{todo['id']}/comments", {"body": "own"})
    config = SchemathesisConfig.from_dict(without_nothing(configuration(path)))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    return schemathesis.engine.from_schema(schema)


def test_schemathesis_finds_nothing(engine):
    from schemathesis.engine import Status, events

    found, errors, asked = {}, [], 0
    for event in engine.execute():
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.interactions)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.status == Status.FAILURE:
                        case = event.recorder.cases[case_id].value
                        failure = check.failure_info.failure
                        found.setdefault(f"{check.name}: {failure.title}: {case.method} {case.path}", f"{failure.message}\n{case.as_curl_command()}"[:1500])
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.NonFatalError):
            errors.append(f"{event.label}: {event.value!r}")
    assert not found, "\n\n".join(f"{name}\n{how}" for name, how in found.items())
    assert not errors
    assert asked > 500


@pytest.mark.parametrize("operation", [operation for operation in API if operation.ids], ids=str)
def test_the_document_says_404_for_every_operation_with_an_id(app, operation):
    import re

    document = app.test_client().get("/openapi.json").json
    described = document["paths"][re.sub(r"<(\w+)>", r"{\1}", operation.path)][operation.method.lower()]

    assert "404" in described["responses"]
