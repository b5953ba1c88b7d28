"""The whole contract, the README and a real browser, through nginx."""

from __future__ import annotations

import ssl
import subprocess

import pytest

from tests.contract import test_cors
from tests.contract.operations import API
from tests.contract.test_access_matrix import EXPECTED, good
from tests.contract.world import World
from tests.deploy.live import assert_has_every_header
from tests.factories import PASSWORD
from tests.readme.test_walk import BETWEEN, URL, blocks, is_as_shown, lines

pytestmark = pytest.mark.xdist_group("stack")

REFRESH = (
    'await ask("refresh", "/auth/refresh", "POST", undefined, {"X-CSRF-TOKEN": document.cookie.match(/csrf_refresh_token=([^;]+)/)[1]});'
)


@pytest.fixture(scope="module")
def world(stack_app):
    return World(stack_app)


def form(sent):
    """What the test client is sent, as `requests` sends it."""
    if "data" not in sent:
        return sent
    files = {name: (value[1], value[0]) for name, value in sent["data"].items() if isinstance(value, tuple)}
    return {"files": files, "data": {name: value for name, value in sent["data"].items() if name not in files}}


@pytest.mark.parametrize("operation", API, ids=str)
def test_every_operation_does_what_it_is_for(stack, stack_app, world, operation):
    own = world if operation.method == "GET" else World(stack_app)
    who = "owner" if EXPECTED[str(operation)]["owner"] < 400 else "admin"
    asking = own.actor(who)
    token = asking.refresh_token if operation.contract.credential == "refresh" else asking.token

    with stack.session(token) as session:
        answer = session.request(operation.method, stack.url + operation.at(own.ids), **form(good(operation, own)), timeout=20)

    assert answer.status_code == EXPECTED[str(operation)][who], answer.text
    assert_has_every_header(answer)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json", "/docs", "/docs/docs.css"])
def test_every_view_is_shown(stack, anybody, path):
    answer = anybody.get(stack.url + path, timeout=20)

    assert answer.status_code == 200
    assert_has_every_header(answer)


@pytest.mark.parametrize("title", ["A walk with curl", "Work in the background"])
def test_the_walk_of_the_readme_prints_the_same_over_tls(make_stack, tmp_path, title):
    stack = make_stack(RATE_LIMITS="on").start()
    walk = blocks("A walk with curl")
    walk = walk if title == "A walk with curl" else [walk[0], *blocks(title)]
    # All that differs: who is called, by which certificate, and the name of the protocol.
    script = f"\necho '{BETWEEN}'\n".join(commands for commands, _ in walk).replace(URL, stack.url)
    script = f'curl() {{ command curl --http1.1 --cacert {stack.trusted} "$@"; }}\n{script}'

    done = subprocess.run(["bash"], input=script, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert done.stderr == ""
    for (commands, shown), block in zip(walk, done.stdout.split(BETWEEN), strict=True):
        told = f"{commands}\nprinted\n{block}\nand not\n{shown}"
        assert len(lines(block)) == len(lines(shown)), told
        assert all(map(is_as_shown, lines(block), lines(shown))), told


def test_a_real_browser_logs_in_by_cookie_over_tls(make_stack, monkeypatch, tmp_path):
    account = {"email": "visitor@example.com", "password": PASSWORD}
    monkeypatch.setattr(test_cors, "PAGE", test_cors.PAGE.replace('    await ask("list"', f'    {REFRESH}\n    await ask("list"'))
    with test_cors.page_server(account) as pages:
        pages.origin = f"https://localhost:{pages.server_port}"
        stack = make_stack(CORS_ORIGINS=pages.origin).start()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(stack.trusted, stack.folder / "key.pem")
        pages.socket = context.wrap_socket(pages.socket, server_side=True)
        made = stack.session().post(f"{stack.api}/auth/register", json=account, timeout=20)
        login = stack.session().post(f"{stack.api}/auth/login", json={**account, "cookies": True}, timeout=20)

        steps = test_cors.visit(pages, stack.api, tmp_path / "browser", "--ignore-certificate-errors")

    assert made.status_code == 201
    assert login.cookies
    assert all(cookie.secure for cookie in login.cookies)
    done = {name: step.get("status", step.get("refused")) for name, step in steps.items()}
    changes = {"create": 201, "put": 200, "stale": 412, "patch": 200, "delete": 204, "gone": 404}
    assert done == {"login": 200, "refresh": 200, "list": 200, "logout": 204, "after": 401} | changes
    assert "access_token_cookie" not in steps["login"]["cookies"]
    assert steps["create"]["location"].startswith(("/api/v1/todos/", f"{stack.api}/todos/"))
