"""What nginx adds to the service, and what it must leave as it is."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess

import orjson
import pytest
import requests

from app.config import ROOT
from tests.brokers import need
from tests.conftest import DEFAULTS
from tests.deploy.conftest import FRIEND
from tests.deploy.live import Answer, ask, assert_has_every_header, assert_is_a_problem, connect, raw, read_answer
from tests.factories import PASSWORD
from tests.live import wait_until

pytestmark = pytest.mark.xdist_group("stack")

MIB = 1024 * 1024
HSTS = "max-age=31536000"


# Who may come in


def test_plain_http_is_sent_to_https_with_the_same_path(stack):
    answer = requests.get(f"http://localhost:{stack.http}/api/v1/todos?limit=1&q=a%20b", allow_redirects=False, timeout=5)

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{stack.url}/api/v1/todos?limit=1&q=a%20b"
    assert "Strict-Transport-Security" not in answer.headers
    assert_has_every_header(answer)


def test_every_answer_over_tls_asks_for_tls_from_now_on(stack, anybody):
    for path in ("/", "/healthz", "/nowhere", "/docs", "/docs/docs.css", "/%00"):
        assert anybody.get(stack.url + path, timeout=5).headers["Strict-Transport-Security"] == HSTS


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(stack, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = context.maximum_version = version

    with socket.create_connection(("127.0.0.1", stack.https), timeout=5) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken(stack, version):
    context = ssl.create_default_context(cafile=stack.folder / "certificate.pem")
    context.minimum_version = context.maximum_version = version

    with socket.create_connection(("127.0.0.1", stack.https), timeout=5) as plain:
        assert context.wrap_socket(plain, server_hostname="localhost").version() == version.name.replace("_", ".")


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:443", "10.0.0.1"])
def test_who_calls_by_another_name_gets_nothing(stack, tls, host):
    assert raw(stack, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), tls=tls) == b""


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]"])
def test_links_name_the_host_that_was_called_with_the_port_that_is_known(stack, client, host):
    made = client.post(f"{stack.api}/todos", json={"task": "one"}, headers={"Host": host}, timeout=5)
    client.post(f"{stack.api}/todos", json={"task": "two"}, timeout=5)
    page = client.get(f"{stack.api}/todos?limit=1", headers={"Host": host}, timeout=5)

    known = f"https://{host.split(':1')[0].lower() if '[' not in host else host}:{stack.https}/api/v1/todos"
    for address in (made.headers["Location"], page.links["next"]["url"]):
        assert address.startswith(("/api/v1/todos", known)), address


# What every answer has


def test_every_answer_has_every_header_once(stack, client, anybody):
    made = client.post(f"{stack.api}/todos", json={"task": "one"}, timeout=5)
    address = f"{stack.api}/todos/{made.json()['id']}"
    answers = [made, client.get(address, timeout=5), client.get(address, headers={"If-None-Match": made.headers["ETag"]}, timeout=5)]
    answers += [client.patch(address, json={"done": True}, headers={"If-Match": '"7"'}, timeout=5), client.delete(address, timeout=5)]
    answers += [client.options(address, timeout=5), client.head(f"{stack.api}/todos", timeout=5), client.post(address, timeout=5)]
    answers += [
        anybody.get(stack.url + path, timeout=5) for path in ("/docs", "/docs/docs.css", "/openapi.json", "/readyz", "/", "/nowhere")
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 304, 412, 204, 200, 200, 405, 200, 200, 200, 200, 200, 404]
    for answer in answers:
        assert_has_every_header(answer)


@pytest.mark.parametrize("sent", ["Abc-1.2_3", "x" * 64])
def test_a_sane_request_id_is_kept_on_the_answers_of_both(stack, anybody, sent):
    for path in ("/healthz", "/nowhere", "/_files/x"):
        answer = anybody.get(stack.url + path, headers={"X-Request-ID": sent}, timeout=5)
        assert answer.headers["X-Request-ID"] == sent
        assert answer.status_code == 200 or answer.json()["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, 'a"b', "a b", "a\\b", "<script>", "ü".encode().decode("latin-1")])
def test_an_odd_request_id_is_replaced_on_the_answers_of_both(stack, sent):
    for target in ("/healthz", "/nowhere", "/%00", "/_files/x"):
        answer = ask(stack, f"GET {target} HTTP/1.1\r\nX-Request-ID: {sent}")
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


# What nginx refuses by itself


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET /%00 HTTP/1.1", 400),
        ("GET /%zz HTTP/1.1", 400),
        ("GET /../../etc/passwd HTTP/1.1", 400),
        ("GET /..%2f..%2fetc/passwd HTTP/1.1", 400),
        ("GET / HTTP/9.1", 505),
        ("GET  HTTP/1.1", 400),
        ("get / HTTP/1.1", 400),
        ("G@T / HTTP/1.1", 400),
        ("", 400),
        ("\x16\x03\x01", 400),
        ("GET / HTTP/1.1\r\nHost: one\r\nHost: two", 400),
        ("GET / HTTP/1.1\r\nHost: a b", 400),
        ("GET /" + "a" * 9000 + " HTTP/1.1", 414),
        ("GET / HTTP/1.1\r\nA: " + "a" * 9000, 431),
        ("GET / HTTP/1.1" + "".join(f"\r\nA{number}: {'a' * 1000}" for number in range(40)), 431),
        ("TRACE / HTTP/1.1", 405),
        ("CONNECT / HTTP/1.1", 405),
        ("CONNECT localhost:443 HTTP/1.1", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip", 501),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", 400),
        ("POST / HTTP/1.1\r\nContent-Length: -1", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6", 400),
    ],
)
def test_what_cannot_be_read_is_a_problem_document(stack, tls, request_, status):
    assert_is_a_problem(ask(stack, request_, tls=tls), status)


def test_plain_http_on_the_port_for_tls_is_a_problem_document(stack):
    with socket.create_connection(("127.0.0.1", stack.https), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert_is_a_problem(Answer(connection.recv(65536)), 400)


@pytest.mark.parametrize("method", ["PROPFIND", "BREW", "LOCK"])
def test_unknown_methods_are_refused(stack, anybody, method):
    for path in ("/api/v1/todos", "/", "/docs", "/docs/docs.css", "/healthz"):
        assert_is_a_problem(anybody.request(method, stack.url + path, timeout=5), 405)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/todos", MIB),
        ("/auth/login", MIB),
        ("/nowhere", MIB),
        ("/todos/0/attachments", 5 * MIB),
        ("/imports", 7 * MIB),
    ],
)
def test_a_body_over_the_limit_of_its_address_never_reaches_the_service(stack, path, most):
    answer = ask(stack, f"POST /api/v1{path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {most + 1}")

    assert_is_a_problem(answer, 413)
    assert answer.json()["detail"] == "The body is too large."


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_body_over_the_limit_is_a_problem_in_every_version_of_http(stack, tmp_path, version):
    need(shutil.which("curl"), "This needs curl: apt-get install curl")
    large = tmp_path / "large"
    large.write_bytes(bytes(5 * MIB + 1))
    trust = ["--cacert", stack.folder / "certificate.pem"]
    command = ["curl", "-sS", version, *trust, "--data-binary", f"@{large}", f"{stack.api}/todos/0/attachments"]

    problem = orjson.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert (problem["status"], problem["code"], problem["detail"]) == (413, "payload_too_large", "The body is too large.")


def test_a_file_as_large_as_the_settings_allow_comes_through(stack, client):
    todo = client.post(f"{stack.api}/todos", json={"task": "with a file"}, timeout=5).json()
    address = f"{stack.api}/todos/{todo['id']}/attachments"

    largest = client.post(address, files={"file": ("a.bin", bytes(3 * MIB))}, timeout=20)
    larger = client.post(address, files={"file": ("a.bin", bytes(3 * MIB + 1))}, timeout=20)

    assert largest.status_code == 201, largest.text
    assert_is_a_problem(larger, 413)


def test_a_body_without_end_is_cut_off_at_the_limit(stack):
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    with connect(stack) as connection:
        connection.sendall(head + chunk * 17)
        assert_is_a_problem(read_answer(connection), 413)


# How bodies are compressed, and ETags kept


def test_collections_are_compressed(stack, client):
    for number in range(8):
        client.post(f"{stack.api}/todos", json={"task": f"todo {number}", "notes": "n" * 200}, timeout=5)

    plain = client.get(f"{stack.api}/todos", headers={"Accept-Encoding": "identity"}, timeout=5)
    packed = client.get(f"{stack.api}/todos", headers={"Accept-Encoding": "gzip"}, timeout=5)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.raw.tell()) < len(plain.content) / 4
    assert packed.json() == plain.json()


def test_single_objects_keep_their_strong_etag(stack, client):
    long = {"task": "long", "notes": "n" * 3000}
    made = client.post(f"{stack.api}/todos", json=long, headers={"Accept-Encoding": "gzip"}, timeout=5)
    read = client.get(f"{stack.api}/todos/{made.json()['id']}", headers={"Accept-Encoding": "gzip"}, timeout=5)
    changed = client.patch(
        f"{stack.api}/todos/{made.json()['id']}", json={"done": True}, headers={"If-Match": made.headers["ETag"]}, timeout=5
    )

    assert [answer.headers["ETag"] for answer in (made, read, changed)] == ['"1"', '"1"', '"2"']
    assert not [answer for answer in (made, read, changed) if "Content-Encoding" in answer.headers]


def test_answers_with_tokens_are_not_compressed(stack, client):
    for number in range(8):
        client.post(f"{stack.api}/auth/tokens", json={"name": f"{number}" * 40, "scopes": ["todos:read"]}, timeout=5)

    listed = client.get(f"{stack.api}/auth/tokens", headers={"Accept-Encoding": "gzip"}, timeout=5)

    assert len(listed.content) > 1000
    assert "Content-Encoding" not in listed.headers


def test_a_compressed_collection_is_recognised_by_its_etag(stack, client):
    for number in range(8):
        client.post(f"{stack.api}/lists", json={"name": f"list {number}" * 10}, timeout=5)
    first = client.get(f"{stack.api}/lists", headers={"Accept-Encoding": "gzip"}, timeout=5)
    if "ETag" in first.headers:
        again = client.get(f"{stack.api}/lists", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}, timeout=5)
        assert again.status_code == 304


def test_files_of_the_documentation_are_kept_and_each_answer_has_its_own_id(stack, anybody):
    first, second, third = (anybody.get(f"{stack.url}/docs/docs.css", headers={"X-Request-ID": name}, timeout=5) for name in "abc")

    assert [answer.headers["X-Request-ID"] for answer in (first, second, third)] == ["a", "b", "c"]
    assert first.content == third.content
    assert third.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not [line for line in stack.lines("app.access") if line["request_id"] == "c"]


@pytest.mark.parametrize("asked", [{"Range": "bytes=0-1"}, {"Range": "bytes=999999-"}, {"If-None-Match": "*"}, {"If-Match": '"another"'}])
def test_files_of_the_documentation_come_whole_or_not_at_all(stack, anybody, asked):
    anybody.get(f"{stack.url}/docs/docs.css", timeout=5)

    answer = anybody.get(f"{stack.url}/docs/docs.css", headers=asked, timeout=5)

    assert answer.status_code == {"Range": 200, "If-None-Match": 304, "If-Match": 412}[next(iter(asked))]
    assert_has_every_header(answer)
    if answer.status_code == 412:
        assert_is_a_problem(answer, 412)


# Who calls


def test_a_forged_address_changes_no_limit(stack, anybody):
    left = []
    for number in range(12):
        forged = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.1.{number}", "Forwarded": f"for=10.0.2.{number}"}
        answer = anybody.post(f"{stack.api}/auth/login", json={}, headers=forged, timeout=5)
        left.append(int(re.search(r"r=(\d+)", answer.headers["RateLimit"])[1]))

    processes = 4  # at most, of which each counts alone here: one of them had a quarter of the requests or more
    assert min(left) <= 100_000 - len(left) / processes


def test_a_forged_address_or_scheme_is_in_no_log_and_no_link(stack, client, account):
    claims = {
        "X-Forwarded-For": "10.66.66.66",
        "X-Forwarded-Host": "evil66.example",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "6666",
        "X-Forwarded-Prefix": "/evil66",
        "Forwarded": "for=10.66.66.66;host=evil66.example;proto=http",
        "X-Real-IP": "10.66.66.66",
    }
    client.post(f"{stack.api}/todos", json={"task": "one"}, timeout=5)
    client.post(f"{stack.api}/todos", json={"task": "two"}, timeout=5)

    page = client.get(f"{stack.api}/todos?limit=1", headers=claims, timeout=5)
    login = {"email": account.email, "password": PASSWORD}
    token = client.post(f"{stack.api}/auth/login", json=login, headers=claims, timeout=5).json()["access_token"]
    sessions = stack.session(token).get(f"{stack.api}/auth/sessions", timeout=5)
    client.get(f"{stack.url}/_files/x", headers=claims, timeout=5)

    assert page.links["next"]["url"].startswith((f"{stack.api}/todos", "/api/v1/todos"))
    assert "66" not in str(page.headers.get("Link", "")).partition("cursor")[0].replace(str(stack.https), "")
    assert next(session for session in sessions.json()["data"] if session["current"])["ip_address"] == "127.0.0.1"
    assert "10.66.66.66" not in stack.text()
    assert "evil66" not in stack.text()


def test_the_log_has_the_address_of_who_called_and_nothing_of_the_query(stack, anybody):
    anybody.get(f"{stack.url}/_files/x?q=private-query", headers={"X-Request-ID": "in-the-log"}, timeout=5)

    line = wait_until(lambda: next((line for line in stack.lines("nginx") if line["request_id"] == "in-the-log"), None))
    assert (line["address"], line["method"], line["path"], line["status"]) == ("127.0.0.1", "GET", "/_files/x", 404)
    assert "private-query" not in stack.text()


def test_headers_of_other_origins_pass(stack, client):
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
    preflight = client.options(f"{stack.api}/todos", headers={"Origin": FRIEND, **asked}, timeout=5)
    answer = client.get(f"{stack.api}/todos", headers={"Origin": FRIEND}, timeout=5)
    stranger = client.get(f"{stack.api}/todos", headers={"Origin": "https://evil.example"}, timeout=5)

    assert preflight.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in stranger.headers


# How it is spoken to


def test_a_connection_is_kept(stack):
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(stack) as connection:
        for _ in range(5):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_every_version_of_http_is_answered_alike(stack, version):
    need(shutil.which("curl"), "This needs curl: apt-get install curl")
    command = ["curl", "-sS", version, "--cacert", stack.folder / "certificate.pem", "-w", "\n%{http_code}", f"{stack.url}/healthz"]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "ok\n\n200"


def test_many_requests_at_once_on_one_connection_of_http_2(stack):
    need(shutil.which("curl"), "This needs curl: apt-get install curl")
    addresses = f"{stack.url}/healthz?[1-200]"
    command = ["curl", "-sS", "--http2", "--parallel", "--parallel-max", "100", "--cacert", stack.folder / "certificate.pem", addresses]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "ok\n" * 200


@pytest.mark.parametrize(
    ("request_", "body", "status"),
    [
        ("GET /healthz HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13", b"", 200),
        ("GET /healthz HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", b"", 200),
        ("GET https://localhost/healthz HTTP/1.1", b"", 200),
        ("GET /healthz HTTP/1.1\r\nContent-Length: 5", b"hello", 200),
        ("HEAD /healthz HTTP/1.1\r\nContent-Length: 5", b"hello", 200),
        ("OPTIONS * HTTP/1.1", b"", 400),
        ("POST /api/v1/auth/login HTTP/1.1\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2", b"{}", 422),
        ("GET /healthz HTTP/1.1\r\nX_Forwarded_For: 10.0.0.1\r\nX_Request_ID: under_scored", b"", 200),
        ("GET /healthz HTTP/1.1\r\nCookie: " + "a=b; " * 1500, b"", 200),
        ("GET /api/v1/todos?q=" + "a" * 7000 + " HTTP/1.1", b"", 401),
        ("GET //healthz HTTP/1.1", b"", 200),
        ("GET /./healthz HTTP/1.1", b"", 404),
        ("GET /docs/../healthz HTTP/1.1", b"", 404),
        ("GET /healthz/ HTTP/1.1", b"", 404),
        ("GET /api/v1//todos HTTP/1.1", b"", 404),
        ("GET /docs//docs.css HTTP/1.1", b"", 404),
        ("GET /healthz;a=b HTTP/1.1", b"", 404),
        ("GET /healthz%2f HTTP/1.1", b"", 404),
        ("GET /_files/../healthz HTTP/1.1", b"", 404),
        ("GET /_problem HTTP/1.1", b"", 404),
        ("GET /_files/ HTTP/1.1", b"", 404),
        ("GET //_files/x HTTP/1.1", b"", 404),
        ("GET /api/v1/..%2f..%2f_files/x HTTP/1.1", b"", 404),
        ("GET /docs/%2e%2e/_problem HTTP/1.1", b"", 404),
    ],
)
def test_odd_but_right_requests_are_answered_and_the_connection_ends(stack, request_, body, status):
    answer = ask(stack, request_, body)

    assert answer.status_code == status
    assert_has_every_header(answer)
    if status >= 400:
        assert_is_a_problem(answer, status)


def test_its_configuration_has_no_finding(stack):
    gixy = shutil.which("gixy")
    need(gixy, "This needs gixy: pipx install gixy-next")

    done = subprocess.run([gixy, "-f", "json", stack.folder / "nginx.conf"], capture_output=True, text=True, check=False)

    assert orjson.loads(done.stdout) == [], done.stdout + done.stderr


def test_it_fits_into_an_nginx_that_says_otherwise_for_all_servers(stack, tmp_path):
    """Such as those of Debian and of the official image."""
    others = """sendfile on; tcp_nopush on; types_hash_max_size 2048; server_tokens off; keepalive_timeout 65; gzip on;
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on; access_log /dev/stdout; default_type text/plain;"""
    ours = (stack.folder / "nginx.conf").read_text()
    (tmp_path / "nginx.conf").write_text(ours.replace("http {", "http {" + others).replace(f"pid {stack.folder}", f"pid {tmp_path}"))

    command = [
        shutil.which("nginx", path="/usr/sbin:/usr/bin:" + os.environ["PATH"]),
        "-p",
        tmp_path,
        "-c",
        tmp_path / "nginx.conf",
        "-e",
        "stderr",
        "-t",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_no_secret_is_in_what_is_written_for_nginx(stack):
    written = "".join((stack.folder / name).read_text() for name in ("nginx.conf", "tickbox.conf"))

    assert not [name for name in ("SECRET_KEY", "JWT_SECRET_KEY") if DEFAULTS[name] in written]
    assert "${" not in written
    assert (ROOT / "deploy/nginx/tickbox.conf.template").exists()
