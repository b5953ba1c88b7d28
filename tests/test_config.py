"""Settings: where they come from, and what is refused."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest

from app import create_app
from app.config import ROOT, SETTINGS, ConfigurationError, load, masked

POSTGRESQL = "postgresql://tickbox:hunter2@db.example.org/tickbox"
SECRETS = {"SECRET_KEY": "a1" * 24, "JWT_SECRET_KEY": "b2" * 24}


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    """An empty working folder, instance folder and environment."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "instance"))
    (tmp_path / "instance").mkdir()
    return tmp_path


def test_the_example_names_every_setting_with_its_help_and_default():
    blocks = re.findall(r"^# (.+)\n#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    named = [(name, default, text) for text, name, default in blocks if name != "INSTANCE_PATH"]

    assert named == [(setting.name, setting.default, setting.help) for setting in SETTINGS]
    assert len(blocks) == len(SETTINGS) + 1


def test_defaults_are_enough_for_a_service_in_its_instance_folder(installation):
    settings = load()

    assert settings["DATABASE_URL"] == f"sqlite:///{installation}/instance/app.db"
    assert settings["PORT"] == 8000
    assert settings["PUBLIC_URL"] == "http://localhost:8000"
    assert settings["CORS_ORIGINS"] == []


def test_the_instance_file_comes_before_defaults(installation):
    (installation / "instance/config.py").write_text("PORT = 8001\nRATE_LIMITS = False\n")

    settings = load()

    assert (settings["PORT"], settings["RATE_LIMITS"]) == (8001, False)


def test_the_dotenv_file_comes_before_the_instance_file(installation):
    (installation / "instance/config.py").write_text("PORT = 8001")
    (installation / ".env").write_text("PORT=8002")

    assert load()["PORT"] == 8002


def test_the_environment_comes_before_the_dotenv_file(installation, monkeypatch):
    (installation / ".env").write_text("PORT=8002")
    monkeypatch.setenv("PORT", "8003")

    assert load()["PORT"] == 8003


def test_an_empty_variable_counts_as_none(installation, monkeypatch):
    (installation / "instance/config.py").write_text("PORT = 8001")
    monkeypatch.setenv("PORT", "")

    assert load()["PORT"] == 8001


def test_all_bad_settings_are_named_at_once_with_what_would_be_right():
    wrong = {
        "PORT": "http",
        "REGISTRATION": "maybe",
        "RATE_LIMITS": "perhaps",
        "CORS_ORIGINS": "app.example.org",
        "RATE_LIMIT_DEFAULT": "many",
        "PUBLIC_URL": "todo.example.org/path",
    }

    with pytest.raises(ConfigurationError) as refusal:
        load(wrong)

    assert set(refusal.value.problems) == {
        "PORT: 'http' is not valid; use a whole number from 1 to 65535",
        "REGISTRATION: 'maybe' is not valid; use one of: open, closed",
        "RATE_LIMITS: 'perhaps' is not valid; use on or off",
        "CORS_ORIGINS: 'app.example.org' is not valid; use origins such as https://app.example.org, separated by commas and without wildcards",
        "RATE_LIMIT_DEFAULT: 'many' is not valid; use a rate such as 600/minute",
        "PUBLIC_URL: 'todo.example.org/path' is not valid; use an address such as https://todo.example.org, without a path",
    }
    assert all(problem in str(refusal.value) for problem in refusal.value.problems)


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "BROKER_URL", "MAIL_URL"])
def test_a_bad_address_is_not_repeated_as_it_may_hold_a_password(name):
    with pytest.raises(ConfigurationError) as refusal:
        load({name: "mysql://tickbox:hunter2@localhost/tickbox"})

    assert name in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER_URL", "redis://localhost:6379/1"),
        ("BROKER_URL", "amqp://guest:guest@localhost//"),
        ("MAIL_URL", "smtp://localhost"),
        ("MAIL_URL", "smtps://robin:hunter2@mail.example.org:465"),
        ("MAIL_FROM", "Tickbox <tickbox@example.org>"),
        ("MAIL_FROM", '"Lists, shared" <tickbox@example.org>'),
        ("MAIL_FROM", "tickbox@müller.example"),
        ("STORAGE_URL", "s3://bucket/prefix?endpoint_url=https://s3.example.org"),
    ],
)
def test_what_work_in_the_background_needs_is_found_by_its_address(name, value):
    assert load({name: value})[name] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_URL", "smtp://localhost:many"),
        ("MAIL_URL", "smtp://"),
        ("REDIS_URL", "redis://localhost:99999/0"),
        ("REDIS_URL", "unix:///run/redis/redis.sock"),
        ("BROKER_URL", "amqp://guest:guest@localhost:many//"),
        ("DATABASE_URL", "postgresql://tickbox@localhost:many/tickbox"),
        ("MAIL_FROM", "tickbox"),
        ("MAIL_FROM", "a@b.c\nBcc: d@e.f"),
        ("MAIL_FROM", "robin@example.org, alex@example.org"),
        ("MAIL_FROM", "@example.org"),
        ("STORAGE_URL", "/srv"),
        ("STORAGE_URL", "s3://bucket?endpoint=https://s3.example.org"),
        ("REDIS_URL", "redis://localhost:6379/limits"),
        ("BROKER_URL", "redis://localhost:6379/jobs"),
        ("DATABASE_URL", "postgresql://tickbox:hunter@2@localhost/tickbox"),
        ("DATABASE_URL", "postgresql://tickbox@localhost:99999/tickbox"),
        ("PUBLIC_URL", "https://todo.example.org:99999"),
        ("PUBLIC_URL", "https://[::1"),
        ("PUBLIC_URL", "https://todo..example.org"),
        ("STORAGE_URL", "s3://bucket?endpoint_url=localhost:9000"),
        ("SENTRY_DSN", "https://sentry.example.org/1"),
        ("SENTRY_DSN", "https://key@sentry.example.org"),
        ("SENTRY_DSN", "https://key@sentry.example.org:99999/1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:many"),
    ],
)
def test_what_cannot_be_an_address_keeps_the_service_from_starting(name, value):
    with pytest.raises(ConfigurationError) as refusal:
        load({name: value})

    assert refusal.value.problems[0].startswith(f"{name}: ")


@pytest.mark.parametrize(("host", "address"), [("[::1]", "::1"), ("::1", "::1"), ("unix:/run/tickbox.sock", "unix:/run/tickbox.sock")])
def test_an_address_of_ipv6_to_listen_on_may_stand_in_brackets(host, address):
    assert load({"HOST": host})["HOST"] == address


@pytest.mark.parametrize("rate", ["600/minute; 5000/day", "0/minute"])
def test_a_rate_is_one_and_lets_somebody_in(rate):
    with pytest.raises(ConfigurationError, match=f"RATE_LIMIT_DEFAULT: '{rate}' is not valid; use a rate such as 600/minute"):
        load({"RATE_LIMIT_DEFAULT": rate})


def test_a_sentry_dsn_that_is_none_is_told_what_one_looks_like():
    with pytest.raises(ConfigurationError, match="SENTRY_DSN: the value given is not valid; use an address such as https://key@"):
        load({"SENTRY_DSN": "sentry.example.org"})


def test_postgresql_is_reached_through_psycopg():
    assert load({"DATABASE_URL": POSTGRESQL, **SECRETS})["DATABASE_URL"] == POSTGRESQL.replace("postgresql:", "postgresql+psycopg:")


def test_without_secrets_there_is_no_service_on_postgresql(installation):
    with pytest.raises(ConfigurationError) as refusal:
        load({"DATABASE_URL": POSTGRESQL})

    assert [problem.split(":")[0] for problem in refusal.value.problems] == ["SECRET_KEY", "JWT_SECRET_KEY"]
    assert not list((installation / "instance").iterdir())


@pytest.mark.parametrize("secret", ["change-me-" * 6, "ReplaceThisByARandomTextOfYourOwn-0123456789", "too-short", "test"])
def test_a_placeholder_is_no_secret_on_postgresql(secret):
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY: is a placeholder or shorter"):
        load({"DATABASE_URL": POSTGRESQL, **SECRETS, "JWT_SECRET_KEY": secret})


def test_one_secret_does_not_serve_for_two_purposes_on_postgresql():
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY: is the same as SECRET_KEY"):
        load({"DATABASE_URL": POSTGRESQL, "SECRET_KEY": "a1" * 24, "JWT_SECRET_KEY": "a1" * 24})


def test_secrets_of_an_embedded_service_are_made_once_and_kept_private(installation):
    first, second = load(), load()

    for name in ("SECRET_KEY", "JWT_SECRET_KEY"):
        kept = installation / "instance" / name.lower()
        assert first[name] == second[name] == kept.read_text()
        assert len(first[name]) >= 48
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first["SECRET_KEY"] != first["JWT_SECRET_KEY"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\x00"])
def test_a_file_without_a_secret_keeps_the_service_from_starting(installation, content):
    for name in ("secret_key", "jwt_secret_key"):
        (installation / "instance" / name).write_bytes(content)

    with pytest.raises(ConfigurationError) as refusal:
        load()

    assert refusal.value.problems == [
        f"{name}: '{installation}/instance/{name.lower()}' holds no secret; remove it, and another one is made"
        for name in ("SECRET_KEY", "JWT_SECRET_KEY")
    ]


def test_a_secret_that_cannot_be_read_is_named_with_the_reason(installation):
    (installation / "instance/secret_key").mkdir()

    with pytest.raises(ConfigurationError) as refusal:
        load()

    assert refusal.value.problems == [f"SECRET_KEY: '{installation}/instance/secret_key' cannot be used; Is a directory"]


def test_a_secret_that_cannot_be_written_leaves_nothing_behind(installation, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(ConfigurationError, match="secret_key' cannot be used; No space left on device"):
        load()

    assert not list((installation / "instance").iterdir())


def _secrets(instance: Path, start, told) -> None:
    start.wait()
    settings = load({"INSTANCE_PATH": str(instance)})
    told.put((settings["SECRET_KEY"], settings["JWT_SECRET_KEY"]))


def test_processes_that_start_at_once_agree_on_the_secrets(installation):
    context = multiprocessing.get_context("fork")
    start, told = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_secrets, args=(installation / "instance", start, told)) for _ in range(4)]

    for process in processes:
        process.start()
    seen = {told.get(timeout=20) for _ in processes}
    for process in processes:
        process.join()

    assert len(seen) == 1
    assert {path.name for path in (installation / "instance").iterdir()} == {"secret_key", "jwt_secret_key"}


def test_what_is_shown_of_the_settings_holds_no_secret():
    settings = load({"DATABASE_URL": POSTGRESQL, "REDIS_URL": "redis://:hunter2@localhost/0", **SECRETS, "PORT": "8001"})

    shown = masked(settings)

    assert set(shown) == {"INSTANCE_PATH"} | {setting.name for setting in SETTINGS}
    assert shown["SECRET_KEY"] == shown["JWT_SECRET_KEY"] == "***"
    assert shown["DATABASE_URL"] == "postgresql+psycopg://tickbox:***@db.example.org/tickbox"
    assert shown["PORT"] == "8001"
    assert not any(secret in text for text in shown.values() for secret in ("hunter2", *SECRETS.values()))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("DATABASE_URL", "postgresql://db/tickbox?user=robin&password=hunter2", "postgresql+psycopg://db/tickbox?password=***&user=robin"),
        ("REDIS_URL", "redis://localhost/0?password=hunter2", "redis://localhost/0?password=***"),
        ("BROKER_URL", "amqp://robin:hunter2@localhost:5672//", "amqp://robin:***@localhost:5672//"),
        ("MAIL_URL", "smtp://robin@example.org:hunter@2@localhost", "smtp://robin@example.org:***@localhost"),
        ("MAIL_URL", "smtps://localhost:465", "smtps://localhost:465"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://robin:hunter2@localhost:4318", "https://robin:***@localhost:4318"),
        ("SENTRY_DSN", "https://key@sentry.example.org:9000/1", "https://key@sentry.example.org:9000/1"),
        ("SECRET_KEY", "hunter2://hunter2:hunter2", "***"),
    ],
)
def test_a_password_is_hidden_wherever_it_stands_in_an_address(name, value, shown):
    assert masked(load({**SECRETS, name: value}))[name] == shown


def test_two_apps_of_one_process_keep_their_own_settings(installation):
    one = create_app({"INSTANCE_PATH": str(installation / "one"), "PORT": "8001"})
    two = create_app({"INSTANCE_PATH": str(installation / "two"), "PORT": "8002"})

    assert (one.config["PORT"], two.config["PORT"]) == (8001, 8002)
    assert one.config["SECRET_KEY"] != two.config["SECRET_KEY"]
    assert one.config["DATABASE_URL"].endswith("one/app.db")
    assert two.config["DATABASE_URL"].endswith("two/app.db")
