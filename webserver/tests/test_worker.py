"""Nothing that a client does takes a thread from others, and what took too long is told so.

To see the tests fail, run them with gunicorn's own worker: WORKER=gthread.
"""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from webserver.tests.conftest import (
    BODY_SECONDS,
    HEAD_SECONDS,
    SEND_SECONDS,
    Server,
    everything,
    request,
)

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: evil.localhost\r\nX-Half:"
HALF_A_HANDSHAKE = b"\x16\x03\x01"
HALF_A_BODY = request("/echo", "Content-Length: 1000", method="POST", body=b"half")


def assert_it_answers(server: Server) -> None:
    """It answers while others hold it up, and long before the deadlines of the patient server."""
    assert all(server.get("/").endswith(b"hello") for _ in range(4))


def status(answer: bytes) -> int:
    return int(answer.split(None, 2)[1])


# --- Clients that hold something up ---------------------------------------------------------------


@pytest.mark.parametrize(
    "begun", [b"", HALF_A_HEAD, HALF_A_BODY], ids=["nothing", "half a head", "half a body"]
)
@pytest.mark.parametrize("count", [16, 64])
def test_clients_that_stop_half_way_delay_nobody(server: Server, begun: bytes, count: int) -> None:
    with server.many(count, begun):
        assert_it_answers(server)


def test_handshakes_that_stop_half_way_delay_nobody(server: Server) -> None:
    with server.many(64, HALF_A_HANDSHAKE, plain=True):
        assert_it_answers(server)


def test_clients_that_do_not_read_delay_nobody(server: Server) -> None:
    with server.many(8, request("/large")) as connections:
        for connection in connections:
            connection.recv(1)
        assert_it_answers(server)


def test_clients_that_do_not_close_delay_nobody(server: Server) -> None:
    with server.many(8, request("/", "Connection: close")) as connections:
        for connection in connections:
            assert connection.recv(1)
        assert_it_answers(server)


def test_an_answer_is_read_within_a_total_time(hasty_server: Server) -> None:
    with hasty_server.connect() as connection:
        connection.sendall(request("/large"))
        end = time.monotonic() + SEND_SECONDS + 0.3
        while time.monotonic() < end:
            connection.recv(10)
            time.sleep(0.05)
        assert len(everything(connection)) < 19_000_000


def test_a_slow_reader_gets_the_whole_answer(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(request("/large", "Connection: close"))
        time.sleep(0.2)
        assert len(everything(connection)) > 20_000_000


@pytest.mark.parametrize(
    ("begun", "seconds"), [(HALF_A_HEAD, HEAD_SECONDS), (HALF_A_BODY, BODY_SECONDS)]
)
def test_a_byte_now_and_then_does_not_buy_time(
    hasty_server: Server, begun: bytes, seconds: float
) -> None:
    begin = time.monotonic()
    with hasty_server.connect() as connection:
        connection.sendall(begun)
        connection.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() < begin + 10 * seconds:
            connection.sendall(b"x")
            with suppress(TimeoutError):
                answer = connection.recv(65536)
        connection.settimeout(5)
        answer += everything(connection)
    assert status(answer) == 408
    assert "Too slow" in answer.decode()
    assert time.monotonic() - begin >= seconds


def test_a_connection_without_a_request_is_kept_beyond_the_time_for_a_head(
    hasty_server: Server,
) -> None:
    """A browser opened it ahead of need. It would take a 408 for the answer to its request."""
    with hasty_server.connect() as connection:
        time.sleep(2 * HEAD_SECONDS)
        for _ in range(2):
            connection.sendall(request("/"))
            assert connection.recv(65536).endswith(b"hello")
            time.sleep(2 * HEAD_SECONDS)


def test_too_many_connections_cost_the_oldest_that_wait(server: Server) -> None:
    go_on = Path(server.folder, "go-on")
    go_on.unlink(missing_ok=True)
    with server.connect() as complete:
        complete.sendall(request("/wait", "Connection: close"))
        half = HALF_A_HANDSHAKE if server.context else HALF_A_HEAD
        with server.many(150, half, plain=True) as connections:
            assert_it_answers(server)
            assert everything(connections[0]) == b""
        go_on.touch()
        assert everything(complete).endswith(b"hello")


def test_polls_do_not_wait_for_pages(server: Server) -> None:
    go_on = Path(server.folder, "go-on")
    go_on.unlink(missing_ok=True)
    with server.many(4, request("/wait", "Connection: close")) as waiting:
        try:
            assert server.get("/poll/anything").endswith(b"hello")
        finally:
            go_on.touch()
        for connection in waiting:
            assert everything(connection).endswith(b"hello")


def test_connections_that_were_taken_over_delay_nobody(server: Server) -> None:
    with server.many(8, request("/take-over")) as connections:
        for connection in connections:
            assert connection.recv(100) == b"taken"
        assert_it_answers(server)
        connections[-1].sendall(b"more")
        assert connections[-1].recv(100) == b"MORE"


# --- Bodies ---------------------------------------------------------------------------------------


def test_a_body_arrives_in_any_pieces(server: Server) -> None:
    whole = request("/length", "Content-Length: 100000", method="POST", body=bytes(100_000))
    with server.connect() as connection:
        for at in (*range(0, 120, 7), 60_000, len(whole)):
            connection.sendall(whole[_sent(at) : at])
        assert connection.recv(65536).endswith(b"100000")


def _sent(at: int) -> int:
    steps = [0, *range(0, 120, 7), 60_000]
    return max((step for step in steps if step < at), default=0)


def test_a_body_that_is_too_long_is_not_waited_for(server: Server) -> None:
    """The site says so by its Content-Length; here the stand-in answers, without the body."""
    head = request("/length", f"Content-Length: {10**12}", method="POST")
    assert server.send(head + bytes(100_000)).endswith(b"\r\n\r\n0")


def test_a_chunked_body_is_not_waited_for(server: Server) -> None:
    head = request("/length", "Transfer-Encoding: chunked", method="POST")
    answer = server.send(head + b"5\r\nhel")
    assert answer.endswith(b"\r\n\r\n0")
    assert b"Connection: close" in answer


def test_too_many_large_bodies_cost_the_oldest_that_is_not_complete(server: Server) -> None:
    half = request("/length", "Content-Length: 1000000", method="POST", body=b"half")
    with server.many(3, half) as connections:
        assert server.send(
            request(
                *("/length", "Connection: close", "Content-Length: 1000000"),
                method="POST",
                body=bytes(1_000_000),
            )
        ).endswith(b"1000000")
        answer = everything(connections[0])
    assert status(answer) == 503
    assert b"Come back in a moment" in answer
    assert b"\r\nRetry-After: 1\r\n" in answer


def test_a_client_that_expects_100_continue_gets_it_once(server: Server) -> None:
    with server.connect() as connection:
        head = request(
            "/echo", "Expect: 100-continue", "Content-Length: 4", "Connection: close", method="POST"
        )
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert everything(connection).startswith(b"HTTP/1.1 200 ")
        assert server.send(head + b"body").startswith(b"HTTP/1.1 200 ")


# --- Several requests on a connection -------------------------------------------------------------


def test_requests_that_come_together_are_answered_in_order(server: Server) -> None:
    posts = [
        request("/echo", "Content-Length: 1", method="POST", body=str(number).encode())
        for number in range(5)
    ]
    answers = server.send(b"".join(posts) + request("/echo", "Connection: close"))
    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [*(f"POST {number} ".encode() for number in range(5)), b"GET  "]


def test_the_next_head_may_come_with_the_end_of_a_body(server: Server) -> None:
    first = request("/echo", "Content-Length: 4", method="POST", body=b"body")
    second = request("/echo", "Connection: close")
    with server.connect() as connection:
        connection.sendall(first[:-2])
        connection.sendall(first[-2:] + second[:30])
        assert connection.recv(65536).endswith(b"POST body ")
        connection.sendall(second[30:])
        assert everything(connection).endswith(b"GET  ")


def test_a_request_sent_before_the_answer_has_arrived_is_kept(server: Server) -> None:
    go_on = Path(server.folder, "go-on")
    go_on.unlink(missing_ok=True)
    with server.connect() as connection:
        connection.sendall(request("/wait"))
        time.sleep(0.1)
        connection.sendall(request("/echo", "Connection: close"))
        time.sleep(0.1)
        go_on.touch()
        answers = everything(connection)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert answers.endswith(b"GET  ")


def test_http_1_0_closes_unless_asked_to_keep(server: Server) -> None:
    assert server.send(b"GET / HTTP/1.0\r\n\r\n").endswith(b"hello")
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert connection.recv(65536).endswith(b"hello")


def test_a_client_may_close_its_side_once_its_request_is_sent(server: Server) -> None:
    if server.context:
        pytest.skip("over TLS, Python can't close one side")
    with server.connect() as connection:
        connection.sendall(request("/"))
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).endswith(b"hello")


def test_many_at_once_on_kept_connections_each_get_their_own_answer(server: Server) -> None:
    def ask(client: int) -> bool:
        with server.connect() as connection:
            for number in range(50):
                said = f"{client}-{number}".encode()
                head = f"Content-Length: {len(said)}"
                connection.sendall(request("/echo", head, method="POST", body=said))
                if not connection.recv(65536).endswith(b"POST " + said + b" "):
                    return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(16)))


# --- Headers --------------------------------------------------------------------------------------

FORGED = (
    "SCRIPT_NAME: /environ",
    "Script-Name: /environ",
    "PATH_INFO: /elsewhere",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Ssl: on",
    "X-Forwarded-Protocol: ssl",
    "X-Forwarded-For: 192.0.2.1",
    "Forwarded: for=192.0.2.1;proto=https",
    "X-Forwarded-Host: elsewhere.example",
)


@pytest.mark.parametrize("header", FORGED)
def test_what_a_proxy_could_say_is_not_believed(server: Server, header: str) -> None:
    answer = server.get("/environ", header)
    assert status(answer) == 200
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2]) == {
        "REMOTE_ADDR": "127.0.0.1",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/environ",
        "wsgi.url_scheme": "https" if server.context else "http",
    }


def test_a_trusted_proxy_says_how_the_browser_came_and_nothing_else(tmp_path: Path) -> None:
    server = Server(tmp_path, TRUSTED_PROXIES="127.0.0.1")
    try:
        for header, scheme in ((FORGED[0], "http"), ("X-Forwarded-Proto: https", "https")):
            answer = json.loads(server.get("/environ", header).rpartition(b"\r\n\r\n")[2])
            assert (answer["wsgi.url_scheme"], answer["SCRIPT_NAME"]) == (scheme, "")
    finally:
        server.stop()


@pytest.mark.parametrize("name", [b"\x85", b"\xa0", "\u2028".encode(), b"\xff"])
def test_odd_bytes_in_a_cookie_reach_the_site(server: Server, name: bytes) -> None:
    cookie = b"a=b; " + name + b"__Host-sessionid=x"
    head = b"GET /echo HTTP/1.0\r\nCookie: %b\r\n\r\n" % cookie
    assert server.send(head).endswith(cookie.hex().encode())


# --- What the server itself answers ---------------------------------------------------------------

MANY_HEADERS = [f"X-{number}: x" for number in range(200)]
LONG_HEADERS = [f"X-{number}: {'x' * 60_000}" for number in range(4)]


@pytest.mark.parametrize(
    ("data", "expected", "said"),
    [
        (b"nonsense\r\n\r\n", 400, "Not a valid request"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "Not a valid request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "Not a valid request"),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400, "Not a valid request"),
        (b"GET / HTTP/9.9\r\n\r\n", 505, "Unknown version"),
        (b"GET / HTTP/1.1\r\nExpect: a miracle\r\n\r\n", 417, "Unknown expectation"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: magic\r\n\r\n", 501, "Unknown encoding"),
        (request("/" + "x" * 5000), 414, "Too long an address"),
        (b"GET /" + b"x" * 200_000, 414, "Too long an address"),
        (request("/", *MANY_HEADERS), 431, "Too much in the headers"),
        (request("/", "X: " + "x" * 70_000), 431, "Too much in the headers"),
        (request("/", *LONG_HEADERS), 431, "Too much in the headers"),
        (request("/broken"), 500, "Something broke"),
    ],
)
def test_it_answers_in_the_sites_own_words(
    server: Server, data: bytes, expected: int, said: str
) -> None:
    answer = server.send(data)
    head, _, page = answer.partition(b"\r\n\r\n")
    assert status(answer) == expected
    assert said in page.decode()
    assert b"\r\nConnection: close" in head
    assert f"Content-Length: {len(page)}".encode() in head
    assert b"ternal" not in page.replace(b"terminal", b"")


def test_plain_http_at_an_https_port_is_told_what_to_do(server: Server) -> None:
    if server.context is None:
        pytest.skip("this one speaks http")
    with server.plain() as connection:
        connection.sendall(request("/"))
        assert b"begin the address with https://" in everything(connection)


# --- The end --------------------------------------------------------------------------------------


def test_it_stops_at_once_whatever_is_half_open(own_server: Server) -> None:
    with (
        own_server.many(20, HALF_A_HEAD),
        own_server.many(20, HALF_A_BODY),
        own_server.many(4, request("/take-over")) as taken,
    ):
        for connection in taken:
            assert connection.recv(100) == b"taken"
        assert own_server.stop() < 2
    assert own_server.process.returncode == 0
    assert own_server.errors.read_text() == ""


def test_a_request_under_way_is_answered_before_it_stops(own_server: Server) -> None:
    with own_server.connect() as connection:
        connection.sendall(request("/wait"))
        time.sleep(0.2)
        own_server.process.terminate()
        time.sleep(0.3)
        Path(own_server.folder, "go-on").touch()
        answer = everything(connection)
    own_server.process.wait(10)
    assert answer.endswith(b"hello")
    assert b"Connection: close" in answer


def test_no_mistake_of_a_client_leaves_a_line_in_the_terminal(own_server: Server) -> None:
    for data in (b"nonsense\r\n\r\n", HALF_A_HEAD, b"\0" * 100, request("/" + "x" * 5000)):
        with own_server.connect() as connection:
            connection.sendall(data)
    with own_server.plain() as connection:
        connection.sendall(b"\x16\x03\x01\x00\x05hello")
    own_server.get("/")
    assert own_server.errors.read_text() == ""
