"""The kinds of settings: each takes the text of a setting and gives its value, or raises ValueError, which says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import getaddresses
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

from limits import parse_many
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def text(value: str) -> str:
    """Any text."""
    return value


def listener(value: str) -> str:
    """An address to listen on. That of IPv6 may stand in brackets, as in an address of the web."""
    return value.removeprefix("[").removesuffix("]")


def switch(value: str) -> bool:
    """On or off, also as true and false, yes and no, 1 and 0."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[value.strip().lower()]
    except KeyError:
        raise ValueError("use on or off") from None


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number, from `least` to `most`."""

    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"use a whole number from {least} to {most}")
        return number

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"use one of: {', '.join(words)}")
        return value

    return parse


def networks(value: str) -> list[str]:
    """Addresses and networks, separated by commas."""
    given = [network.strip() for network in value.split(",") if network.strip()]
    for network in given:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError("use addresses or networks such as 10.0.0.5 or 10.0.0.0/8, separated by commas") from None
    return given


def origins(value: str) -> list[str]:
    """Origins of web pages (RFC 6454), separated by commas."""
    given = [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]
    if not all(re.fullmatch(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?", origin, re.ASCII) for origin in given):
        raise ValueError("use origins such as https://app.example.org, separated by commas and without wildcards")
    return given


def web_address(value: str) -> str:
    """An address of the web without a path."""
    if not (re.fullmatch(r"https?://[^/\s?#]+", value.rstrip("/")) and _names_a_host(value)):
        raise ValueError("use an address such as https://todo.example.org, without a path")
    return value.rstrip("/")


def collector(value: str) -> str:
    """An address of the web, with or without a path."""
    return _with_path(value, "http://localhost:4318")


def sentry(value: str) -> str:
    """A project of Sentry, or of what speaks as it does."""
    example = "https://key@sentry.example.org/1"
    if not re.fullmatch(r"[^@]*//[^@]+@.*/[0-9]+/?", value):
        raise ValueError(f"use an address such as {example}")
    return _with_path(value, example)


def _with_path(value: str, example: str) -> str:
    if not (re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", value) and _names_a_host(value)):
        raise ValueError(f"use an address such as {example}")
    return value.rstrip("/")


def _names_a_host(value: str) -> bool:
    """Whether an address of the web has a name that the DNS may know, and a port that may be one, or none."""
    try:
        return _is_address(value, "http", "https") and bool((urlsplit(value).hostname or "").encode("idna"))
    except ValueError:
        return False


def database(value: str) -> str:
    """The address of a database, with the driver that it is reached by."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the latter of a port that is none
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name") from None
    if "@" in (url.host or ""):
        raise ValueError("write an @ of the password as %40")
    if not 0 < (url.port or 5432) < 65536:
        raise ValueError("use a port from 1 to 65535")
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername != "sqlite" or url.database in (None, "", ":memory:"):
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name")
    return url.render_as_string(hide_password=False)


def redis(value: str) -> str:
    """The address of a Redis."""
    if value and not (_is_address(value, "redis", "rediss") and _names_a_redis_database(value)):
        raise ValueError("use redis://host:6379/0")
    return value


def broker(value: str) -> str:
    """The address of a broker, RabbitMQ or Redis."""
    if value and not (_is_address(value, "redis", "rediss", "amqp", "amqps") and _names_a_redis_database(value)):
        raise ValueError("use redis://host:6379/1 or amqp://user:password@host:5672//")
    return value


def _is_address(value: str, *schemes: str) -> bool:
    """Whether it has one of the schemes, and a port that may be one, or none."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and parts.port != 0
    except ValueError:
        return False


def _names_a_redis_database(value: str) -> bool:
    """Whether an address of a Redis ends with a number, or with nothing. Others name something else there."""
    parts = urlsplit(value)
    return not parts.scheme.startswith("redis") or re.fullmatch("/?[0-9]*", parts.path) is not None


def mail_server(value: str) -> str:
    """The address of a mail server."""
    if not (_is_address(value, "smtp", "smtps") and urlsplit(value).hostname):
        raise ValueError("use smtp://user:password@host:587 (with STARTTLS where the server offers it) or smtps://user:password@host:465")
    return value


def sender(value: str) -> str:
    """Whom mails come from, with or without a name."""
    found = [address for _, address in getaddresses([value])]
    if not (value.isprintable() and len(found) == 1 and re.fullmatch(r"[^\s@:]+@[^\s@]+", found[0])):
        raise ValueError("use an address such as tickbox@example.org, or Tickbox <tickbox@example.org>")
    return value


def storage(value: str) -> str:
    """A bucket of S3, or of what speaks as it does; with a prefix where it is shared."""
    parts = urlsplit(value)
    given = parse_qs(parts.query, keep_blank_values=True)
    endpoints = [endpoint for endpoint in given.get("endpoint_url", []) if endpoint]
    if parts.scheme != "s3" or not parts.netloc or given.keys() - {"endpoint_url"} or not all(map(_names_a_host, endpoints)):
        raise ValueError("use s3://bucket, s3://bucket/prefix or s3://bucket?endpoint_url=https://s3.example.org")
    return value


def rate(value: str) -> str:
    """How many requests in how long, one at least: one rate, as of several only the first would count."""
    try:
        (limit,) = parse_many(value)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise ValueError("use a rate such as 600/minute")
    return value
