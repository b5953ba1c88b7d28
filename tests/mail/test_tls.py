"""What travels to a mail server is for that server alone."""

import logging
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.mail import delivery
from tests.mail.post import Mailbox, ask, jobs, mail_server, run_jobs


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
