"""`flask stack`: its begin, its parts, its end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path
from threading import Thread

import orjson
import pytest
import requests

from app.config import ConfigurationError
from app.system import certificate
from app.system import stack as stack_module
from app.system.supervisor import Part, Supervisor
from tests.conftest import DEFAULTS
from tests.databases import SERVER
from tests.deploy.live import PARTS, connect, is_alive, live_stack, read_answer
from tests.factories import PASSWORD
from tests.live import wait_until
from tests.ports import free_port

pytestmark = pytest.mark.xdist_group("stacks")


def serves(stack):
    """Whether it serves."""
    try:
        return stack.session().get(f"{stack.url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def is_written(handle):
    """Whether an open file lies on a disk and is open for writing."""
    flags = int((handle.parent.parent / "fdinfo" / handle.name).read_text().partition("flags:")[2].split()[0], 8)
    return flags & os.O_ACCMODE != os.O_RDONLY and handle.resolve().is_file() and not handle.resolve().is_relative_to("/dev")


def refusal(stack):
    """What it says before it ends by itself."""
    assert stack.launch().process.wait(60) == 1
    said = stack.text()
    assert "Traceback" not in said
    return said


@pytest.fixture
def own_signals():
    """What listens to signals is afterwards what it was."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


# It begins


@pytest.mark.usefixtures("own_signals")
def test_who_looks_up_the_process_of_a_part_that_begins_anew_finds_a_whole_number(tmp_path):
    (tmp_path / "part.pid").write_text("4711\n")
    part = Part("part", ["true"])

    with (tmp_path / "part.pid").open() as opened_before:
        Supervisor([part], tmp_path, is_wanted=iter([True, False]).__next__).run()

        assert opened_before.read() == "4711\n"
    assert (tmp_path / "part.pid").read_text() == f"{part.process.pid}\n"


@pytest.mark.usefixtures("own_signals")
def test_a_part_for_which_the_machine_has_no_process_left_begins_once_it_has(tmp_path, monkeypatch):
    popen, refusals = subprocess.Popen, [BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")]

    def begin(*args, **more):
        if refusals:
            raise refusals.pop()
        return popen(*args, **more)

    monkeypatch.setattr(subprocess, "Popen", begin)
    part = Part("part", ["sleep", "60"], pause=0.01)

    Supervisor([part], tmp_path, is_wanted=iter([True, True, True, False]).__next__).run()

    assert part.process is not None


def test_it_says_where_it_serves_and_keeps_all_that_it_writes_in_the_instance(make_stack):
    stack = make_stack().start()

    assert f"Tickbox serves {stack.url}, and explains itself at {stack.url}/docs" in stack.text()
    handles = [handle for pid in stack.pids() for handle in Path(f"/proc/{pid}/fd").iterdir()]
    written = {handle.resolve() for handle in handles if is_written(handle)} - {stack.log}
    assert written
    assert not [path for path in written if stack.instance not in path.parents]
    assert stack.stop() == 0


def refused_by_nginx(stack):
    """Whether nginx answers a request that it passes on to nobody."""
    try:
        return stack.session().request("TRACE", f"{stack.url}/", timeout=5).status_code == 405
    except (requests.RequestException, OSError):
        return False


def test_its_lines_come_whole_to_a_socket_as_systemd_gives_it(make_stack):
    ours, theirs = socket.socketpair()

    with ours, theirs:
        stack = make_stack().launch(theirs)
        wait_until(lambda: refused_by_nginx(stack), 30)
        ours.settimeout(60)
        said = b""
        while not (b"Tickbox serves" in said and b'"logger":"nginx"' in said):
            said += ours.recv(65536)


def test_no_line_is_written_over_another_in_a_file(make_stack, tmp_path):
    output = tmp_path / "output"
    with output.open("wb") as file:
        stack = make_stack().launch(file)
        wait_until(lambda: b"Tickbox serves" in output.read_bytes() and refused_by_nginx(stack), 30)
        for _ in range(3):
            os.write(file.fileno(), b"a line of another part\n")
            assert refused_by_nginx(stack)

    lines = wait_until(lambda: [line for line in output.read_text().splitlines() if '"logger":"nginx"' in line][3:], 5)
    assert all(orjson.loads(line)["status"] == 405 for line in lines)
    assert output.read_text().count("a line of another part\n") == 3


def test_it_works_with_a_long_path(make_stack):
    stack = make_stack("i" * 120).start()
    sockets = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if "tickbox-" in line and "api-1.sock" in line]

    assert serves(stack)
    assert stack.stop() == 0
    assert not [path for path in sockets if Path(path).exists() and Path(path).parent.stat().st_ctime > time.time() - 300]


def test_it_works_in_a_folder_whose_name_has_a_space(make_stack):
    stack = make_stack("my {own}; todos").start()

    assert serves(stack)


def test_no_secret_is_written_for_nginx_or_seen_by_who_lists_processes(make_stack):
    stack = make_stack().start()

    listed = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    written = "".join(path.read_text(errors="replace") for path in stack.folder.rglob("*") if path.is_file() and path.name != "key.pem")
    for name in ("SECRET_KEY", "JWT_SECRET_KEY"):
        assert DEFAULTS[name] not in listed + written + stack.text()


def test_its_own_certificate_is_for_its_owner_and_stays_until_its_names_change(tmp_path):
    first, key = certificate.keep(tmp_path, ["localhost"])
    made = first.read_bytes()

    kept = certificate.keep(tmp_path, ["localhost"])[0].read_bytes()
    changed, _ = certificate.keep(tmp_path, ["localhost", "todo.example.org"])

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert kept == made != changed.read_bytes()


def test_it_answers_to_a_name_with_letters_that_the_dns_spells_another_way(make_stack):
    stack = make_stack(PUBLIC_URL="https://müller.example").start()
    spelled = "xn--mller-kva.example"

    assert stack.session(Host=spelled).get(f"{stack.url}/healthz", timeout=5).status_code == 200


def test_a_given_certificate_is_used_and_a_new_one_is_taken_up(make_stack, tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        certificate.keep(tmp_path / name, ["localhost"])
    files = {"TLS_CERTIFICATE": tmp_path / "given.pem", "TLS_KEY": tmp_path / "given.key"}

    def give(name):
        for path, source in zip(files.values(), ("certificate.pem", "key.pem"), strict=True):
            path.write_bytes((tmp_path / name / source).read_bytes())

    def trusts(name):
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(tmp_path / name / "certificate.pem")
            try:
                return session.get(f"{stack.url}/healthz", timeout=5).ok
            except requests.exceptions.SSLError:
                return False

    give("old")
    stack = make_stack(**{name: str(path) for name, path in files.items()})
    stack.trusted = files["TLS_CERTIFICATE"]
    stack.start()
    assert (trusts("old"), trusts("new")) == (True, False)

    give("new")
    stack.process.send_signal(signal.SIGHUP)

    wait_until(lambda: trusts("new"), 30)
    assert stack.stop() == 0


# What is missing is named


def test_all_that_is_missing_is_named_at_once(make_stack):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        away = free_port()
        said = refusal(
            make_stack(
                HTTPS_PORT=port,
                REDIS_URL=f"redis://127.0.0.1:{away}/0",
                BROKER_URL=f"amqp://guest:canary-password@127.0.0.1:{away}//",
                TLS_CERTIFICATE="/nowhere/certificate.pem",
            )
        )

    assert "Tickbox cannot start:" in said
    assert f"HTTPS_PORT: port {port} is in use; choose another one" in said
    assert "REDIS_URL: no Redis answers there; start one" in said
    assert "BROKER_URL: no broker answers there; start Redis or RabbitMQ" in said
    assert "TLS_CERTIFICATE: /nowhere/certificate.pem cannot be read" in said
    assert "TLS_CERTIFICATE and TLS_KEY: set both, or none" in said
    assert "canary-password" not in said


def test_a_missing_database_is_named(make_stack):
    said = refusal(make_stack(DATABASE_URL=f"postgresql://tickbox:canary-password@127.0.0.1:{free_port()}/tickbox"))

    assert "DATABASE_URL: no database answers there; start PostgreSQL" in said
    assert "canary-password" not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            PermissionError(13, "Permission denied"),
            "is for root alone; choose a higher one, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=443",
        ),
        (OSError(99, "Cannot assign requested address"), "cannot be listened on at HOST=192.0.2.1: Cannot assign requested address"),
        (OSError(98, "Address already in use"), "is in use; choose another one"),
    ],
    ids=["of root", "of another machine", "in use"],
)
def test_a_port_that_is_refused_is_named_with_the_reason(app, monkeypatch, tmp_path, error, said):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(stack_module.socket, "create_server", refuse)
    for name, value in {"INSTANCE_PATH": str(tmp_path), "HOST": "192.0.2.1", "HTTPS_PORT": 443}.items():
        monkeypatch.setitem(app.config, name, value)

    with pytest.raises(ConfigurationError) as refused:
        stack_module.prepare(app)

    assert f"HTTPS_PORT: port 443 {said}" in refused.value.problems


def test_a_missing_nginx_is_named(app, monkeypatch, tmp_path):
    monkeypatch.setattr(stack_module, "_nginx", lambda: str(tmp_path / "nginx"))
    monkeypatch.setitem(app.config, "INSTANCE_PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match="nginx is not installed: apt-get install nginx"):
        stack_module.prepare(app)


def test_a_certificate_that_is_none_is_named(make_stack, tmp_path):
    (tmp_path / "none.pem").write_text("no certificate\n")
    said = refusal(make_stack(TLS_CERTIFICATE=str(tmp_path / "none.pem"), TLS_KEY=str(tmp_path / "none.pem")))

    assert "nginx does not take its configuration:" in said
    assert "none.pem" in said


def test_a_second_one_on_the_same_instance_is_refused_and_the_first_serves_on(make_stack):
    first = make_stack().start()
    second = make_stack(SECRET_KEY=first.settings["SECRET_KEY"], DATABASE_URL=first.settings.get("DATABASE_URL", ""))
    second.log = second.log.with_name("second.log")

    said = refusal(second)

    assert f"INSTANCE_PATH: a stack runs already on {first.instance}; stop it, or choose another folder" in said
    assert serves(first)


# It goes on


@pytest.fixture(scope="module")
def sturdy(tmp_path_factory):
    """A stack whose parts are killed, one after the other."""
    with live_stack(tmp_path_factory.mktemp("sturdy") / "instance") as stack:
        yield stack.start()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_dies_begins_anew(sturdy, part):
    before = sturdy.pid(part)

    os.kill(before, signal.SIGKILL)

    wait_until(lambda: sturdy.pid(part) != before and is_alive(sturdy.pid(part)) and serves(sturdy), 60)
    wait_until(lambda: part not in ("api-1", "api-2") or answers(sturdy.folder / f"{part}.sock"), 60)
    assert any(f"{part} ended with -9" in line["message"] for line in sturdy.lines("app.system.supervisor"))


def answers(path):
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


# It ends


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_finishes_what_it_has_begun(make_stack, sent):
    stack = make_stack().start()
    processes = stack.pids()
    body = b'{"email": "late@example.com", "password": "' + PASSWORD.encode() + b'"}'
    head = (
        f"POST /api/v1/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with connect(stack) as connection:
        connection.sendall(head.encode() + body[:9])
        wait_until(lambda: len(connections(stack)) > 0)
        ended = Thread(target=lambda: outcome.append(stack.stop(sent)))
        outcome: list[int] = []
        ended.start()
        wait_until(lambda: not accepts(stack), 20)
        connection.sendall(body[9:])
        answer = read_answer(connection)
    ended.join(60)

    assert answer.status_code == 201
    assert outcome == [0]
    assert not list(filter(is_alive, processes))
    assert not [*stack.folder.glob("*.sock"), *stack.folder.glob("*.pid")]
    for port in (stack.https, stack.http):
        socket.create_server(("127.0.0.1", port)).close()


def connections(stack):
    """Connections to it, as the kernel lists them."""
    port = f":{stack.https:04X} "
    return [line for line in Path("/proc/net/tcp").read_text().splitlines() if port in line and " 01 " in line]


def accepts(stack):
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", stack.https)) == 0


def test_nothing_goes_on_when_its_supervisor_is_killed(make_stack):
    stack = make_stack().start()
    processes = stack.pids()

    stack.process.kill()
    stack.process.wait(5)

    wait_until(lambda: not list(filter(is_alive, processes)), 60)
    assert SERVER or stack.start().stop() == 0  # and it can begin again
