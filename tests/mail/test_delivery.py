"""How mails go out: to files, and to a real mail server."""

import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from stat import S_IMODE

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from app.core.database import execute
from app.jobs.models import Job
from app.jobs.work import Work
from app.mail import delivery, messages
from tests import factories
from tests.mail.post import Mailbox, Plain, jobs, mail_server, read, run_jobs, text_of, token_of, written

ADDRESS = "ada@example.com"


def ask(app):
    """Ask for a mail to ADDRESS."""
    answer = app.test_client().post("/auth/register", {"email": ADDRESS, "password": "correct horse battery"})
    assert answer.status_code == 201


@pytest.fixture
def send(make_mailing_app):
    """`send(mailbox)`: send a mail to the server; gives its job."""

    def through(mailbox, url="smtp://127.0.0.1:{}", **settings):
        app = make_mailing_app(MAIL_URL=url.format(mailbox.port), **settings)
        if not jobs(app):
            ask(app)
        run_jobs(app)
        return jobs(app)[0]

    return through


def test_without_a_server_a_mail_is_a_file_named_after_its_job(app):
    ask(app)
    run_jobs(app)

    [job] = jobs(app)
    [mail] = written(app)
    [path] = delivery.Path(app.config["INSTANCE_PATH"], "mail").iterdir()
    assert (job.state, path.name, S_IMODE(path.stat().st_mode)) == ("succeeded", f"{job.id}.eml", 0o600)
    assert mail["To"] == ADDRESS
    assert mail["From"] == "tickbox@todo.example.org"
    assert mail["Message-ID"] == f"<{job.id}@todo.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs(mail["Date"].datetime.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_mail_that_is_sent_again_replaces_its_file(app):
    ask(app)
    run_jobs(app)
    [first] = written(app)
    with app.app_context():
        execute(update(Job).values(state="queued", attempts=0))
    run_jobs(app)

    [again] = written(app)
    assert jobs(app)[0].state == "succeeded"
    assert token_of(again) == token_of(first)


def test_a_full_disk_leaves_no_half_mail(app, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    ask(app)
    with monkeypatch.context() as patched:
        patched.setattr(delivery.os, "fsync", full)
        run_jobs(app)
    folder = delivery.Path(app.config["INSTANCE_PATH"], "mail")
    assert (jobs(app)[0].state, list(folder.iterdir())) == ("queued", [])

    run_jobs(app)

    assert (jobs(app)[0].state, len(written(app))) == ("succeeded", 1)


def test_a_mail_goes_to_the_server_once(send):
    with mail_server(Mailbox()) as mailbox:
        job = send(mailbox, MAIL_FROM="Tick Box <box@example.org>", PUBLIC_URL="https://todo.example.org")

    [(envelope, _)] = mailbox.received
    [mail] = mailbox.accepted
    assert job.state == "succeeded"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("box@example.org", [ADDRESS])
    assert (mail["From"], mail["To"], mail["Message-ID"]) == ("Tick Box <box@example.org>", ADDRESS, f"<{job.id}@todo.example.org>")


@pytest.mark.parametrize("factory", [None, Plain], ids=["", "a server that knows no EHLO"])
def test_what_was_accepted_counts_as_sent_though_the_server_hangs_up(send, factory):
    with mail_server(Mailbox(hang_up=True), factory) as mailbox:
        assert send(mailbox).state == "succeeded"
        assert send(mailbox).attempts == 1

    assert len(mailbox.received) == 1


def test_what_was_accepted_counts_as_sent_though_the_server_says_goodbye_wrongly(send):
    class Mute(Mailbox):
        async def handle_QUIT(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
            return "451 I do not want to"

    with mail_server(Mute()) as mailbox:
        assert send(mailbox).state == "succeeded"
    assert len(mailbox.received) == 1


def test_what_was_accepted_counts_as_sent_though_the_database_is_away_for_a_while(send, monkeypatch):
    finish, failures = Work.finish, [OperationalError("", {}, Exception()) for _ in range(3)]

    def fail(self, *args, **kwargs):
        if failures:
            raise failures.pop()
        return finish(self, *args, **kwargs)

    monkeypatch.setattr(Work, "finish", fail)
    monkeypatch.setattr(messages, "sleep", lambda _: None)
    with mail_server(Mailbox()) as mailbox:
        assert send(mailbox).state == "succeeded"

    assert (len(mailbox.received), failures) == (1, [])


@pytest.mark.parametrize("when", ["answers", "recipients"])
def test_a_server_that_says_later_gets_it_later(send, when):
    mailbox = Mailbox(*["451 busy"] if when == "answers" else [], recipients=["451 greylisted"] if when == "recipients" else [])
    with mail_server(mailbox):
        assert send(mailbox).state == "queued"
        assert send(mailbox).state == "succeeded"

    assert len(mailbox.accepted) == 1


@pytest.mark.parametrize("when", ["answers", "recipients"])
def test_what_a_server_refuses_for_good_is_not_tried_again(send, when):
    mailbox = Mailbox(*["554 spam"] if when == "answers" else [], recipients=["550 no such user"] if when == "recipients" else [])
    with mail_server(mailbox):
        job = send(mailbox)

    assert (job.state, job.attempts) == ("failed", 1)
    assert job.error.startswith("The mail server refuses it: 55")


def test_a_server_that_is_away_gets_it_later(send):
    with mail_server(Mailbox()) as mailbox:
        pass

    assert send(mailbox).state == "queued"


def test_a_server_that_says_nothing_holds_nobody_up_for_long(send, monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.2)
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailbox.port = silent.getsockname()[1]
        assert send(mailbox).state == "queued"


def test_a_server_that_is_away_keeps_the_other_jobs_waiting_once(make_mailing_app, monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        for number in range(20):
            app.test_client().post("/auth/password-reset", {"email": factories.user(app, email=f"{number}@example.com").email})
        begun = time.monotonic()
        run_jobs(app)

    assert time.monotonic() - begun < 3
    assert {job.attempts for job in jobs(app)} == {1}


def test_a_service_with_a_name_of_another_script_is_written_as_the_dns_has_it(make_mailing_app):
    with mail_server(Mailbox()) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{mailbox.port}", PUBLIC_URL="https://büro.example")
        ask(app)
        run_jobs(app)

    assert mailbox.accepted[0]["From"] == "tickbox@xn--bro-hoa.example"
    assert "https://büro.example/verify-email" in text_of(mailbox.accepted[0])


def test_a_mail_whose_address_no_server_agrees_on_fails_for_good(app):
    for number, address in enumerate(["müller@example.com", "=?utf-8?q?ada?=@example.com", f"ada@{'x' * 64}.example.com"], 1):
        app.test_client().post("/auth/register", {"email": address, "password": "correct horse battery"})
        run_jobs(app)
        assert [(job.state, job.attempts) for job in jobs(app)] == [("failed", 1)] * number
    assert written(app) == []


def test_an_address_of_another_script_is_written_as_the_dns_has_it(app):
    app.test_client().post("/auth/register", {"email": "ada@bücher.example", "password": "correct horse battery"})
    run_jobs(app)

    assert written(app)[0]["To"] == "ada@xn--bcher-kva.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody has signed, and its key, in files."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    moment, names = datetime.now(UTC), [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), moment - timedelta(1), moment + timedelta(1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def logins():
    return []


@pytest.fixture
def authenticator(logins):
    def check(server, session, envelope, mechanism, auth_data):
        logins.append((session.ssl is not None, auth_data.login.decode(), auth_data.password.decode()))
        return AuthResult(success=True)

    return check


def test_the_password_travels_inside_starttls(send, tls, certificate, authenticator, logins, monkeypatch, caplog):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    logging.getLogger("app").addHandler(caplog.handler)
    with mail_server(Mailbox(), tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticator) as mailbox:
        job = send(mailbox, "smtp://box%40example.org:s%3Acret@localhost:{}")

    assert (job.state, len(mailbox.accepted)) == ("succeeded", 1)
    assert logins == [(True, "box@example.org", "s:cret")]
    assert "s:cret" not in caplog.text


def test_a_server_that_cannot_prove_who_it_is_gets_neither_password_nor_mail(send, tls, authenticator, logins):
    with mail_server(Mailbox(), tls_context=tls, authenticator=authenticator) as mailbox:
        job = send(mailbox, "smtp://box:secret@localhost:{}")

    assert (job.state, mailbox.received, logins) == ("queued", [], [])


def test_a_password_does_not_travel_in_the_clear(make_mailing_app, authenticator, logins, monkeypatch):
    monkeypatch.setattr(delivery, "_THIS_MACHINE", set())
    with mail_server(Mailbox(), authenticator=authenticator, auth_require_tls=False) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://box:secret@127.0.0.1:{mailbox.port}")
        ask(app)
        run_jobs(app)

    assert (jobs(app)[0].state, mailbox.received, logins) == ("queued", [], [])


def test_a_password_that_no_server_takes_is_not_in_the_log(send, authenticator, caplog):
    logging.getLogger("app").addHandler(caplog.handler)
    with mail_server(Mailbox(), authenticator=authenticator, auth_require_tls=False) as mailbox:
        job = send(mailbox, "smtp://box:s%C3%A9cret-canary@127.0.0.1:{}")

    assert job.state == "queued"
    assert "must be ASCII" in caplog.text
    assert "canary" not in caplog.text
    assert "xe9" not in caplog.text


def test_smtps_speaks_tls_from_the_start(send, tls, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with mail_server(Mailbox(), ssl_context=tls) as mailbox:
        assert send(mailbox, "smtps://localhost:{}").state == "succeeded"

    assert len(mailbox.accepted) == 1


def test_a_server_without_8bitmime_gets_seven_bits(make_mailing_app):
    with mail_server(Mailbox(), Plain) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{mailbox.port}")
        with app.app_context():
            mail = messages.compose("1", ADDRESS, "verify_email", {"token": "Ünicode"})
            mail.send()

    [(envelope, _)] = mailbox.received
    assert envelope.content.isascii()
    assert "Ünicode" in text_of(read(envelope.content))
