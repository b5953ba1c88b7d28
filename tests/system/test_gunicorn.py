"""What the service adds to Gunicorn."""

from __future__ import annotations

import errno
import runpy
import subprocess
from types import SimpleNamespace

import pytest
from gunicorn import util
from gunicorn.config import Config
from gunicorn.http import wsgi

from app.config import ROOT


class Wire:
    """A connection that keeps what was sent, piece by piece."""

    def __init__(self):
        self.pieces = []

    def sendall(self, data):
        self.pieces.append(bytes(data))


class Request:
    version = (1, 1)

    def __init__(self, method):
        self.method = method

    def should_close(self):
        return False


@pytest.fixture
def configuration(monkeypatch):
    """What gunicorn.conf.py defines. What it changes of Gunicorn is undone afterwards."""
    for module, name in ((util, "write_error"), (wsgi, "Response")):
        monkeypatch.setattr(module, name, getattr(module, name))
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


@pytest.fixture
def answer(configuration):
    """`answer("GET", [("Content-Length", "2")], b"ok")`: the pieces in which an answer is sent."""
    kind = configuration["Answer"]

    def send(method, headers, *parts):
        wire = Wire()
        made = kind(Request(method), wire, Config())
        made.start_response("200 OK", headers)
        for part in parts:
            made.write(part)
        made.close()
        return wire.pieces

    return send


def test_the_head_of_an_answer_travels_with_its_body(answer):
    pieces = answer("GET", [("Content-Length", "2")], b"ok")

    assert len(pieces) == 1
    assert pieces[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert pieces[0].endswith(b"\r\n\r\nok")


def test_what_follows_is_sent_as_it_comes(answer):
    assert answer("GET", [("Content-Length", "6")], b"one", b"two")[1:] == [b"two"]


def test_a_body_of_unknown_length_comes_in_chunks(answer):
    pieces = answer("GET", [], b"one", b"two")

    assert pieces[0].endswith(b"\r\n\r\n3\r\none\r\n")
    assert pieces[1:] == [b"3\r\ntwo\r\n", b"0\r\n\r\n"]


def test_an_answer_without_a_body_is_its_head(answer):
    [head] = answer("HEAD", [("Content-Length", "2")], b"")

    assert head.endswith(b"Content-Length: 2\r\n\r\n")


def test_a_machine_without_a_process_left_lets_the_old_code_go_on(configuration, monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "run", refuse)
    said = []
    server = SimpleNamespace(START_CTX={"cwd": str(ROOT)}, log=SimpleNamespace(error=lambda *words: said.append(words)))

    configuration["begin_anew"](server)

    [(line, why)] = said
    assert line.startswith("The new code does not start: the old one goes on.")
    assert "Resource temporarily unavailable" in why
