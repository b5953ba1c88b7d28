"""The OpenAPI document passes the linters that people run over it: redocly's recommended rules, and spectral's with OWASP's.

What they find and we leave is listed here, with the reason; what is listed and not found any more is a mistake too.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass

import pytest

from tests import databases
from tests.clients import tools

pytestmark = [
    pytest.mark.xdist_group("clients"),
    pytest.mark.skipif(bool(databases.SERVER), reason="the document does not know the database: it is linted on SQLite"),
]

VIEWS = r"paths/(/healthz|/readyz|/metrics|/openapi\.json|/docs)/get"
PUBLIC = r"paths/(/api/v1/auth/(register|login|password-reset|password-reset/confirm|verify-email))/post"
HEAD = r"(paths/[^ ]*|components)/parameters/.*"


@dataclass(frozen=True)
class Allowed:
    """A rule that does not count at some places, and why."""

    rule: str
    places: str
    reason: str


SPECTRAL = [
    Allowed("info-contact", "info", "Who runs the service is not known here."),
    Allowed("owasp:api8:2023-no-server-http", "servers/1/url", "PUBLIC_URL by default: one's own machine."),
    Allowed("owasp:api8:2023-define-cors-origin", ".*", "Sent to the origins of CORS_ORIGINS alone; none by default."),
    Allowed("owasp:api2:2023-write-restricted", PUBLIC + ".*", "Whoever calls these has no credential yet, or lost it."),
    Allowed("owasp:api8:2023-define-error-responses-401", PUBLIC + ".*", "No credential is asked for."),
    Allowed("owasp:api2:2023-read-restricted", VIEWS + ".*", "Probes and documents; /metrics is bound to addresses by METRICS_ALLOW."),
    Allowed("owasp:api8:2023-define-error-responses-401", VIEWS + ".*", "No credential is asked for."),
    Allowed("owasp:api8:2023-define-error-responses-500", VIEWS + ".*", "Any other answer is described as `default`."),
    Allowed("owasp:api8:2023-define-error-validation", VIEWS + ".*", "They take nothing that could be wrong."),
    Allowed("owasp:api4:2023-rate-limit", VIEWS + ".*", "Probes must never be refused, so they are not counted."),
    Allowed("owasp:api4:2023-rate-limit-responses-429", VIEWS + ".*", "The same."),
    Allowed("owasp:api4:2023-string-limit", VIEWS + ".*", "A page, and lists of measures, as long as they are."),
    Allowed("owasp:api4:2023-string-restricted", VIEWS + ".*", "The same."),
    Allowed("owasp:api4:2023-string-limit", HEAD, "The server takes 8,190 bytes for a line of a request's head, and no more."),
    Allowed("owasp:api4:2023-string-restricted", HEAD, "Free text, and cursors; what is wrong in them is told by a 422."),
    Allowed("owasp:api4:2023-array-limit", HEAD, "The same 8,190 bytes hold all the values of a parameter."),
    Allowed("owasp:api4:2023-string-limit", "components/schemas/Export/.*", "Filters as in the address; a body has 1 MiB at most."),
    Allowed("owasp:api4:2023-string-restricted", "components/schemas/Export/.*", "The same."),
    Allowed("owasp:api4:2023-string-limit", "components/schemas/(AttachmentWrite|Import)/properties/file", "Settings limit files."),
    Allowed("owasp:api4:2023-string-limit", r"paths/.*/responses/20[06]/content/.*", "Files, as long as they are."),
    Allowed("owasp:api4:2023-array-limit", "components/schemas/Tags/properties/data", "All tags of an account, as many as it has."),
    Allowed("owasp:api2:2023-no-credentials-in-url", r"paths/.*/\{token_id\}/.*", "The id of a token, by which nobody gets in."),
]
REDOCLY = [
    Allowed("no-server-example.com", "servers/1/url", "PUBLIC_URL by default: one's own machine."),
    Allowed("operation-4xx-response", VIEWS + ".*", "They take nothing that could be wrong."),
]


@pytest.fixture(scope="module")
def folder(app, tmp_path_factory):
    """A folder with the document in a file."""
    made = tmp_path_factory.mktemp("document")
    (made / "node_modules").symlink_to(tools.node_modules())
    for name in ("spectral.yaml", "package.json"):
        shutil.copy(tools.HERE / name, made)
    (made / "openapi.json").write_text(app.test_cli_runner().invoke(args=["openapi"]).output)
    return made


def report(folder, *command):
    """What a linter says, whose exit code tells whether it found anything."""
    found = folder / "report.json"
    tools.run(
        "bash", "-c", f"{' '.join(command)} > {found} 2> {folder / 'errors'}", cwd=folder, path=[tools.node_modules() / ".bin"], fine=(0, 1)
    )
    return json.loads(found.read_text())


def left(findings, exceptions):
    """The findings that no exception covers, and the exceptions that cover none."""
    unused = set(exceptions)
    uncovered = []
    for rule, place in findings:
        covering = {each for each in exceptions if each.rule == rule and re.fullmatch(each.places, place)}
        unused -= covering
        if not covering:
            uncovered.append((rule, place))
    return uncovered, {(each.rule, each.places) for each in unused}


def test_spectral_with_the_rules_of_owasp_finds_nothing_else(folder):
    said = report(folder, "spectral lint openapi.json --ruleset spectral.yaml --format json --quiet")
    findings = [(finding["code"], "/".join(map(str, finding["path"]))) for finding in said]

    assert left(findings, SPECTRAL) == ([], set())


def test_redocly_with_its_recommended_rules_finds_nothing_else(folder):
    said = report(folder, "redocly lint openapi.json --extends recommended --format json")
    places = [(each["ruleId"], each["location"][0]["pointer"]) for each in said["problems"]]
    findings = [(rule, pointer.removeprefix("#/").replace("~1", "/").replace("~0", "~")) for rule, pointer in places]

    assert left(findings, REDOCLY) == ([], set())
