"""The load generator, against servers that do as a script says."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from bench.generator import Answer, Failed, run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
# What ends a chunked answer stands in the midst of this one, too.
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9;a=b\r\n0\r\n\r\n1234\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"
ONE, TWO = b"GET /1 HTTP/1.1\r\n\r\n", b"GET /2 HTTP/1.1\r\n\r\n"


class Server:
    """Answers each request with what `answer(number of the connection, number of the request on it)` gives; after None it hangs up."""

    def __init__(self, answer):
        self.answer = answer
        self.connections = []  # of each the requests that came on it
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append([])
                threading.Thread(target=self.serve, args=(connection, len(self.connections) - 1), daemon=True).start()

    def serve(self, connection, number):
        with connection, suppress(OSError):
            while request := connection.recv(65536):
                seen = self.connections[number]
                seen.append(request)
                for piece in self.answer(number, len(seen) - 1):
                    if piece is None:
                        return
                    connection.sendall(piece)


@contextmanager
def serving(answer):
    server = Server(answer)
    try:
        yield server
    finally:
        server.listener.close()


def test_each_connection_is_kept_and_its_requests_go_round():
    with serving(lambda *_: [OK]) as server:
        outcome = run(server.port, [[ONE, TWO], [TWO]], 0.1)

    first, second = sorted(server.connections, key=lambda requests: requests[0])
    assert first[:4] == [ONE, TWO, ONE, TWO]
    assert set(second) == {TWO}
    assert len(outcome.latencies) == len(first) + len(second)
    assert outcome.reconnects == 0


def test_a_latency_ends_with_the_last_byte():
    def answer(*_):
        yield OK[:-1]
        time.sleep(0.05)  # the time that is to be measured
        yield OK[-1:]

    with serving(answer) as server:
        outcome = run(server.port, [[ONE]], 0)

    assert len(outcome.latencies) == 1
    assert outcome.latencies[0] >= 0.05


@pytest.mark.parametrize("whole", [OK, CHUNKED, OK.replace(b"Content-Length", b"content-length")])
def test_an_answer_is_whole_with_its_last_byte_and_not_before(whole):
    answer = Answer()

    assert [answer.takes(whole[at : at + 1]) for at in range(len(whole))] == [False] * (len(whole) - 1) + [True]
    assert answer.is_good()


def test_an_answer_of_unknown_length_is_refused():
    with pytest.raises(Failed, match="how long it is"):
        Answer().takes(b"HTTP/1.1 200 OK\r\n\r\n{}")


def test_what_is_no_2xx_fails_the_run_and_is_shown():
    with (
        serving(lambda *_: [b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"]) as server,
        pytest.raises(Failed) as failure,
    ):
        run(server.port, [[ONE]], 1)

    assert "GET /1" in str(failure.value)
    assert "busy" in str(failure.value)


def test_after_a_connection_close_the_next_request_goes_over_a_new_connection():
    last = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    with serving(lambda number, _: [last, None] if number == 0 else [OK]) as server:
        outcome = run(server.port, [[ONE, TWO]], 0.1)

    assert server.connections[0] == [ONE]
    assert server.connections[1][0] == TWO
    assert outcome.reconnects == 1


def test_a_request_that_meets_the_end_of_a_kept_connection_is_sent_again():
    with serving(lambda number, request: [None] if (number, request) == (0, 1) else [OK]) as server:
        outcome = run(server.port, [[ONE, TWO]], 0.1)

    assert server.connections[0] == [ONE, TWO]
    assert server.connections[1][0] == TWO
    assert outcome.reconnects == 1


@pytest.mark.parametrize("sent", [b"", OK[:-1]])
def test_a_first_answer_that_does_not_come_or_breaks_off_fails_the_run(sent):
    with serving(lambda *_: [sent, None]) as server, pytest.raises(Failed, match="ended before"):
        run(server.port, [[ONE]], 1)


def test_a_connection_that_is_done_may_be_ended_while_others_are_not():
    def answer(number, _):
        yield OK
        if number == 0:
            yield None

    def slow(number, request):
        if number == 1:
            time.sleep(0.05)  # longer than the other connection lasts
        yield from answer(number, request)

    with serving(slow) as server:
        outcome = run(server.port, [[ONE], [ONE]], 0)

    assert len(outcome.latencies) == 2
