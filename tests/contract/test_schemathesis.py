"""Schemathesis reads the OpenAPI document and tries to catch the service breaking it: thousands of requests, in the process.

Two people take turns. What one of them made the other must not get, whatever its id is tried on.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from io import BytesIO

import pytest

from tests import factories
from tests.arrange import make_attachment
from tests.contract.problems import assert_problem
from tests.contract.world import World

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
    entries = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {client.token}"}]} for name, client in clients.items()
    ]
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
def schemathesis():
    """The library, which takes two seconds to load: nobody is to wait for it but who runs this test."""
    for module in ("config", "engine.events", "transport.wsgi"):
        import_module(f"schemathesis.{module}")
    return import_module("schemathesis")


@pytest.fixture
def engine(app, tmp_path, monkeypatch, schemathesis):
    """Schemathesis over the document of the app."""
    transport = schemathesis.transport.wsgi.WSGITransport

    # Schemathesis 4.32 hands the probes of its authorization checks options that only its network transport knows.
    send, of_networks = transport.send, ("max_redirects", "verify", "cert", "proxies")

    def send_in_process(self, case, **options):
        return send(self, case, **{name: value for name, value in options.items() if name not in of_networks})

    monkeypatch.setattr(transport, "send", send_in_process)

    clients, path = peers(app, tmp_path)
    for client in clients.values():
        made = client.post("/lists", {"name": "own"}).json
        todo = client.post("/todos", {"task": "own", "list_id": made["id"]}).json
        client.post(f"/todos/{todo['id']}/comments", {"body": "own"})
        make_attachment(client, todo["id"])
    config = schemathesis.config.SchemathesisConfig.from_dict(without_nothing(configuration(path)))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    return schemathesis.engine.from_schema(schema)


def is_lost_in_a_form(check, case):
    """Whether it is said that wrong data was taken, in a form: there all is text, and a number or null as a file is a good file."""
    return check.name == "negative_data_rejection" and case.media_type == "multipart/form-data"


def test_schemathesis_finds_nothing(engine, schemathesis):
    events, failed = schemathesis.engine.events, schemathesis.engine.Status.FAILURE
    found, errors, asked = {}, [], 0
    for event in engine.execute():
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.interactions)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    case = event.recorder.cases[case_id].value
                    if check.status == failed and not is_lost_in_a_form(check, case):
                        failure = check.failure_info.failure
                        found.setdefault(
                            f"{check.name}: {failure.title}: {case.method} {case.path}",
                            f"{failure.message}\n{case.as_curl_command()}"[:1500],
                        )
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.NonFatalError):
            errors.append(f"{event.label}: {event.value!r}")
    assert not found, "\n\n".join(f"{name}\n{how}" for name, how in found.items())
    assert not errors
    assert asked > 100  # of a few thousand: how many there are in its time is up to the machine


def test_nothing_that_the_document_describes_gives_one_account_what_is_the_others(app):
    ada = World(app)
    bob, ids, before = ada.actor("stranger"), ada.ids, ada.rows()
    document = bob.get("/openapi.json").json
    tried = 0
    for path, item in document["paths"].items():
        for method in ("get", "put", "patch", "delete", "post"):
            if method in item and "{" in path:
                answer = bob.open(path.format_map(ids), **example(item[method]), method=method)
                assert_problem(answer, 403 if item[method].get("x-permission", "").startswith("users:") else 404)
                assert "404" in item[method]["responses"]
                tried += 1
    assert tried > 20
    assert ada.rows() == before


def example(operation):
    """The example of the body of an operation, if it takes one: JSON, or a form with a file."""
    if "requestBody" not in operation:
        return {}
    content_type, media = next(iter(operation["requestBody"]["content"].items()))
    if content_type == "multipart/form-data":
        return {"data": {**media["example"], "file": (BytesIO(b"x"), "x.txt")}, "content_type": content_type}
    return {"json": media["example"]}
