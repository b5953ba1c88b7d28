"""The README's new resource works exactly as it is written there, in a copy of the project on a fresh database."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.config import ROOT
from tests.databases import environment

SECTION = (ROOT / "README.md").read_text().partition("\n## Add a resource\n")[2].partition("\n## ")[0]
FILES = dict(re.findall(r"^`([\w/]+\.py)`,[^`]*(?:`[^`]+`[^`]*)*?\n\n```python\n(.*?)```", SECTION, re.MULTILINE | re.DOTALL))
COPIED = ("app", "bin", "frontend", "migrations", "Pipfile", "gunicorn.conf.py", "pyproject.toml", "wsgi.py")
MOST_LINES = 60
METHODS = {"get", "post", "put", "patch", "delete"}

OVER_HTTP = """
import json
from tests import factories
from wsgi import app

owner, stranger = (factories.client(app, factories.user(app)) for _ in range(2))
made = owner.post("/countdowns", {"name": " Holidays ", "ends_on": "2026-12-24"}, idempotency_key="1")
path = f"/countdowns/{made.json['id']}"
asked = [
    made,
    owner.post("/countdowns", {"name": " Holidays ", "ends_on": "2026-12-24"}, idempotency_key="1"),
    owner.post("/countdowns", {"ends_on": "soon", "wish": "snow"}),
    owner.get("/countdowns?count=true"),
    owner.get(path, if_none_match=1),
    stranger.get("/countdowns"),
    stranger.get(path),
    stranger.patch(path, {"name": "mine"}),
    stranger.delete(path),
    owner.patch(path, {"name": "Winter"}, if_match=1),
    owner.patch(path, {"name": "late"}, if_match=1),
    owner.delete(path, if_match=1),
    owner.get(path),
    owner.delete(path, if_match=2),
    owner.get(path),
    factories.client(app).get(path),
]
answers = [[answer.status_code, answer.get_json(silent=True), dict(answer.headers)] for answer in asked]
print(json.dumps([answers, owner.get("/openapi.json").json["paths"]]))
"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)


def run(project, *command):
    """What a command prints in the copy, on SQLite; `pipenv run` does what the Pipfile says, in this environment."""
    settings = {"INSTANCE_PATH": str(project / "instance"), "TEST_DATABASE_URL": "", "PYTHONDONTWRITEBYTECODE": "1"}
    path = os.pathsep.join([str(project / "shim"), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=project, env=environment(settings) | {"PATH": path}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def put(project, name, after, text):
    """Put lines after the last line of a file that begins with `after`."""
    lines = (project / name).read_text().splitlines(keepends=True)
    place = max(number for number, line in enumerate(lines) if line.startswith(after))
    (project / name).write_text("".join([*lines[: place + 1], text, *lines[place + 1 :]]))


@pytest.fixture
def project(tmp_path):
    """A copy of the project with countdowns, made as the README says. It takes seconds, so one test uses it for all."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    (folder / "tests").mkdir()
    for file in (ROOT / "tests").glob("*.py"):
        if not file.name.startswith("test_"):
            shutil.copy(file, folder / "tests")
    scripts = tomllib.loads((ROOT / "Pipfile").read_text())["scripts"]
    cases = "".join(f'{name}) shift; exec {command} "$@";;\n' for name, command in scripts.items())
    (folder / "shim").mkdir()
    (folder / "shim" / "pipenv").write_text(f'#!/bin/sh\nshift\ncase $1 in\n{cases}esac\nexec "$@"\n')
    (folder / "shim" / "pipenv").chmod(0o755)

    folders, migration = blocks("sh")
    run(folder, "bash", "-ec", folders)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    imported, added, table = [block for block in blocks("python") if block not in FILES.values()]
    put(folder, "app/routes.py", "from app.", imported)
    put(folder, "app/routes.py", "    api.add_resource(", added)
    put(folder, "app/models.py", "from app.", table)
    models = (folder / "app/models.py").read_text()
    (folder / "app/models.py").write_text(models.replace("__all__ = [", '__all__ = ["Countdown", '))
    run(folder, "bash", "-ec", migration)
    return folder


def test_it_takes_less_than_sixty_lines():
    lines = 0
    for name, text in FILES.items():
        if name.startswith("app/"):
            tree = ast.parse(text)
            code = {number for number, line in enumerate(text.splitlines(), 1) if line.strip()}
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                    code -= set(range(node.lineno, node.end_lineno + 1))
            lines += len(code)

    assert len(FILES) == 5
    assert lines < MOST_LINES


def check_that_it_is_as_clean_as_the_rest(project):
    mine = ["app/countdowns", "tests/countdowns", "app/routes.py", "app/models.py"]

    run(project, "ruff", "check", *mine)
    run(project, "ruff", "format", "--check", *mine)
    run(project, "lint-imports")
    assert {name: (project / name).read_text() for name in FILES} == FILES


def check_that_its_imports_are_held_to_the_same_directions(project):
    models, limits = (project / name for name in ("app/countdowns/models.py", "app/core/limits.py"))
    before = {path: path.read_text() for path in (models, limits)}
    models.write_text("import flask_restful\nimport app.countdowns.service\n" + before[models])
    limits.write_text(before[limits] + "import app.countdowns.models\n")
    with pytest.raises(AssertionError) as refused:
        run(project, "lint-imports")
    for path, text in before.items():
        path.write_text(text)
    for importer, imported in (
        ("app.countdowns.models", "app.countdowns.service"),
        ("app.countdowns", "flask_restful"),
        ("app.core", "app.countdowns"),
    ):
        assert f"{importer} is not allowed to import {imported}:" in str(refused.value)


def check_its_own_tests_and_its_migration(project):
    assert "4 passed" in run(project, "pytest", "-v", "-p", "no:cacheprovider", "tests/countdowns")
    run(project, "flask", "db", "check")
    draft = next((project / "migrations/versions").glob("*_add_countdowns.py")).read_text()
    assert "batch_alter_table" not in draft, "docs/migrations.md forbids it"


def check_that_it_keeps_the_contract(project):
    answers, paths = json.loads(run(project, sys.executable, "-c", OVER_HTTP))
    statuses = [status for status, _, _ in answers]
    (_, made, headers), (_, again, replayed), (_, wrong, _), (_, listed, counted), *_ = answers

    assert statuses == [201, 201, 422, 200, 304, 200, 404, 404, 404, 200, 412, 412, 200, 204, 404, 401]
    assert made == {"id": made["id"], "name": "Holidays", "ends_on": "2026-12-24", "version": 1}
    assert (headers["ETag"], headers["Location"]) == ('"1"', f"/api/v1/countdowns/{made['id']}")
    assert (again, replayed["Idempotency-Replayed"]) == (made, "true")
    assert wrong["errors"].keys() == {"name", "ends_on", "wish"}
    assert (listed, counted["X-Total-Count"]) == ({"data": [made], "next_cursor": None}, "1")
    assert answers[5][1]["data"] == []
    assert answers[6][1]["detail"] == f"Countdown {made['id']} doesn't exist"
    assert answers[10][1]["current"] == answers[12][1] == {**made, "name": "Winter", "version": 2}
    assert paths["/api/v1/countdowns"].keys() & METHODS == {"get", "post"}
    assert paths["/api/v1/countdowns/{countdown_id}"].keys() & METHODS == {"get", "patch", "delete"}


def test_it_works_exactly_as_written(project):
    check_that_it_is_as_clean_as_the_rest(project)
    check_that_its_imports_are_held_to_the_same_directions(project)
    check_its_own_tests_and_its_migration(project)
    check_that_it_keeps_the_contract(project)
