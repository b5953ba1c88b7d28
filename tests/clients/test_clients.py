"""Clients that are generated from the OpenAPI document, as the README says: they compile, and they work."""

from __future__ import annotations

import json
import re
import shutil
import sys

import pytest

from app.config import ROOT
from tests import databases
from tests.clients import tools

pytestmark = [
    pytest.mark.xdist_group("clients"),
    pytest.mark.skipif(bool(databases.SERVER), reason="clients do not know the database: they are tested on SQLite"),
]

README = (ROOT / "README.md").read_text().partition("\n## A client of your own\n")[2].partition("\n## ")[0]
INSTALL, GENERATE = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
URL = "http://localhost:8000"
METHODS = {"get", "post", "put", "patch", "delete"}
SEEN = {
    "tasks": ["one", "two", "three", "four", "five"],
    "pages": 3,
    "refused": ["Task field cannot be blank!"],
    "conflict": {"status": 412, "code": "precondition_failed", "current": "build a good API", "version": 3},
    "job": {"state": "succeeded", "count": 1, "rows": 1},
}


@pytest.fixture(scope="module")
def server(make_module_server):
    return make_module_server()


@pytest.fixture(scope="module")
def path():
    """Where the programs are."""
    return [tools.node_modules() / ".bin", tools.python_programs()]


@pytest.fixture(scope="module")
def workshop(server, path, tmp_path_factory):
    """A folder with the walks, in which the README's commands have generated the clients; `said` is what they printed."""
    folder = tmp_path_factory.mktemp("workshop")
    for file in [*tools.HERE.glob("*.ts"), *tools.HERE.glob("*.json"), *tools.HERE.glob("python/walk.py")]:
        shutil.copy(file, folder)
    (folder / "node_modules").symlink_to(tools.node_modules())
    assert GENERATE.count(URL) == 1, "the address of the service stands in one place"
    (folder / "said").write_text(tools.run("bash", "-ec", GENERATE.replace(URL, server.url), cwd=folder, path=path))
    return folder


@pytest.fixture(scope="module")
def built(workshop, path):
    """The folder with the walks in JavaScript, which the strict compiler has made of those in TypeScript."""
    tools.run("tsc", "--project", ".", cwd=workshop, path=path)
    return workshop / "built"


@pytest.fixture(scope="module")
def operations(workshop):
    """The ids of all operations."""
    document = json.loads((workshop / "openapi.json").read_text())
    return {operation["operationId"] for item in document["paths"].values() for method, operation in item.items() if method in METHODS}


def test_no_generator_has_a_word_against_the_document(workshop):
    assert not re.search("warn|error|omitted", (workshop / "said").read_text(), re.IGNORECASE)


def test_types_for_openapi_fetch_know_every_operation(workshop, operations):
    interface = (workshop / "api.ts").read_text().partition("export interface operations {")[2]

    assert set(re.findall(r"^    (\w+): \{$", interface, re.MULTILINE)) == operations


def test_hey_api_writes_a_function_for_every_operation(workshop, operations):
    assert set(re.findall(r"^export const (\w+) =", (workshop / "hey" / "sdk.gen.ts").read_text(), re.MULTILINE)) == operations


def test_openapi_python_client_writes_a_module_for_every_operation(workshop, operations):
    written = {file.stem for file in (workshop / "tickbox" / "api").glob("*/*.py")} - {"__init__"}

    assert written == {re.sub("([A-Z])", r"_\1", name).lower() for name in operations}


@pytest.mark.parametrize("walk", ["openapi_fetch", "hey_api"])
def test_a_walk_in_typescript_compiles_strictly_and_arrives(built, server, walk):
    assert json.loads(tools.run("node", built / f"{walk}.js", server.url, cwd=built)) == SEEN


def test_a_walk_in_python_has_the_right_types(workshop, path):
    typed = [
        "--config-file",
        tools.HERE / "python" / "mypy.ini",
        "--python-executable",
        path[1] / "python",
        "--cache-dir",
        workshop / "mypy",
    ]

    said = tools.run(sys.executable, "-m", "mypy", *typed, "tickbox", "walk.py", cwd=workshop)

    assert said.startswith("Success: no issues found")


def test_a_walk_in_python_arrives(workshop, server, path):
    assert json.loads(tools.run(path[1] / "python", "walk.py", server.url, cwd=workshop)) == SEEN


def test_the_readme_installs_what_is_tested():
    packages = json.loads((tools.HERE / "package.json").read_text())
    pinned = {**packages["dependencies"], **packages["devDependencies"]}
    javascript, python = INSTALL.splitlines()

    named = dict(re.findall(r"(\S+)@([\d.]+)", javascript))
    assert named == {name: pinned[name] for name in named}
    assert python.split()[-1] == (tools.HERE / "python" / "requirements.in").read_text().strip()


def test_the_locks_name_no_registry():
    assert '"resolved"' not in (tools.HERE / "package-lock.json").read_text()
    assert "://" not in (tools.HERE / "python" / "requirements.txt").read_text()
