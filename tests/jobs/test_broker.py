"""What Celery is told of the broker."""

import pytest

from app.config import ConfigurationError
from app.jobs import broker
from app.system import certificate
from tests.brokers import Redis


class TlsRedis(Redis):
    """Redis that speaks TLS alone, with a certificate of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.certificate, self.key = certificate.keep(folder, ["localhost"])
        self.url = f"rediss://localhost:{self.port}/0"

    def command(self):
        tls = {"port": 0, "tls-port": self.port, "tls-cert-file": self.certificate, "tls-key-file": self.key, "tls-auth-clients": "no"}
        return [*super().command(), *(str(part) for name, value in tls.items() for part in (f"--{name}", value))]

    def answers(self):
        """the broker listens"""
        return "Ready to accept connections" in (self.folder / "log").read_text()


@pytest.fixture
def redis(tmp_path):
    server = TlsRedis(tmp_path)
    yield server.start()
    server.stop()


def test_a_folder_that_cannot_be_made_keeps_the_service_from_starting(make_app, tmp_path):
    (tmp_path / "broker").touch()

    with pytest.raises(ConfigurationError) as refusal:
        make_app(INSTANCE_PATH=str(tmp_path))

    assert refusal.value.problems == [f"INSTANCE_PATH: '{tmp_path}/broker/messages' cannot be made; Not a directory"]


def test_redis_is_reached_by_tls(make_app, redis):
    assert broker.answers(make_app(BROKER_URL=f"{redis.url}?ssl_ca_certs={redis.certificate}"))


def test_a_redis_that_nobody_vouches_for_gets_no_password(make_app, redis):
    assert not broker.answers(make_app(BROKER_URL=redis.url))
