"""A worker of gunicorn whose threads see complete requests only.

gunicorn's own threads read from the client: sixteen clients that stop half-way silence a site. Here
the main loop receives every request, head and body, without waiting for any of them, and hands
it to a thread when it's complete. A thread hands back what the client doesn't read at once. So
all waiting for clients, TLS handshakes included, is the main loop's, with a deadline for each.

Meant for small requests and answers: both are in memory as a whole. HTTP/2, `max_requests` and
reloading are gunicorn's own workers' business.
"""

from __future__ import annotations

import errno
import heapq
import math
import os
import queue
import resource
import selectors
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from gunicorn.http import errors, wsgi  # type: ignore[import-untyped]
from gunicorn.sock import ssl_context  # type: ignore[import-untyped]
from gunicorn.workers.base import Worker as BaseWorker  # type: ignore[import-untyped]
from gunicorn.workers.gthread import PollableMethodQueue  # type: ignore[import-untyped]

from webserver import answers
from webserver.connection import Connection, State
from webserver.limits import Limits

# An application that calls this with a function takes the connection over: no answer follows, and
# the function is called in a thread of its own. The socket is in `environ["gunicorn.socket"]`.
TAKE_OVER = "playground.take_over"
TAKEN_OVER_SECONDS = 10.0  # For one read or write.

# What the first byte of a TLS connection says (RFC 8446, section 5.1).
HANDSHAKE = b"\x16"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNK = 65536
MOST_DISCARDED = 16 * 1024 * 1024
ACCEPTED_AT_ONCE = 64
DROPPED_AT_ONCE = 32
# Open files besides the connections: databases, logs, pipes.
OTHER_FILES = 200
NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
NO_MORE_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
INCOMPLETE = {State.HANDSHAKE, State.HEAD, State.BODY, State.SENDING, State.CLOSING}

POLL_THREADS = 2
# How long a thread computes before another gets its turn. With Python's 5 ms the main loop, which
# needs several turns for each new connection, waits for half a second next to eight busy threads.
TURN_SECONDS = 0.001


def is_poll(path: str) -> bool:
    """Tell whether a page only asks what's new: not to be delayed by those who write."""
    return path.startswith("/poll/")


class Worker(BaseWorker):  # type: ignore[misc]
    """One process of a site."""

    limits = Limits()

    def init_process(self) -> None:
        self.poller = selectors.DefaultSelector()
        self.calls = PollableMethodQueue()
        self.calls.init()
        self.tls = ssl_context(self.cfg) if self.cfg.is_ssl else None
        self.connections: dict[Connection, None] = {}
        self.large: dict[Connection, int] = {}
        self.taken_over: set[Connection] = set()
        self.most = _allowed_connections(self.cfg.worker_connections)
        self.pages: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self.polls: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        sys.setswitchinterval(TURN_SECONDS)
        super().init_process()

    # --- The main loop ----------------------------------------------------------------------------

    def run(self) -> None:
        self._start_threads(self.pages, self.cfg.threads)
        self._start_threads(self.polls, POLL_THREADS)
        self.poller.register(self.calls.fileno(), selectors.EVENT_READ, self.calls.run_callbacks)
        for listener in self.sockets:
            listener.setblocking(False)
            accept = partial(self._accept, server=listener.getsockname())
            self.poller.register(listener, selectors.EVENT_READ, accept)
        self._loop_while(lambda: self.alive)

        for listener in self.sockets:
            self.poller.unregister(listener)
            listener.close()
        for connection in [c for c in self.connections if c.state in INCOMPLETE - {State.SENDING}]:
            self._close(connection)
        for connection in list(self.taken_over):
            _shut_down(connection.sock, socket.SHUT_RDWR)
        # Sooner than gunicorn would kill the process.
        end = time.monotonic() + self.cfg.graceful_timeout / 2
        self._loop_while(lambda: self.connections and time.monotonic() < end)

    def _start_threads(self, work: queue.SimpleQueue[Connection], count: int) -> None:
        for _ in range(count):
            # Daemons, since one that hangs must not keep the process.
            threading.Thread(target=self._serve_all, args=[work], daemon=True).start()

    def _loop_while(self, condition: Callable[[], object]) -> None:
        check = 0.0
        while condition():
            for key, _ in self.poller.select(self.limits.check_seconds):
                if isinstance(key.data, Connection):
                    self._on_event(key.data)
                else:
                    key.data(key.fileobj)
            now = time.monotonic()
            if now >= check:
                check = now + self.limits.check_seconds
                self.notify()
                self._expire(now)
                if self.ppid != os.getppid():
                    self.log.info("The parent has changed, so %s ends.", self)
                    self.alive = False

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.alive = False
        self.calls.defer(lambda: None)  # Wakes the loop.

    def _on_event(self, connection: Connection) -> None:
        try:
            match connection.state:
                case State.HEAD | State.BODY:
                    self._receive(connection)
                case State.BUSY:
                    self._pause(connection)
                case State.HANDSHAKE:
                    self._shake_hands(connection)
                case State.SENDING:
                    self._send(connection)
                case State.CLOSING:
                    self._discard(connection)
                case State.CLOSED:
                    pass  # Earlier in the same round of events.
        except NOT_YET:
            pass
        except OSError:
            self._close(connection)  # The client is gone, or doesn't trust the certificate.
        except Exception:
            self.log.exception("A connection failed.")
            self._close(connection)

    # --- Connections come and go ------------------------------------------------------------------

    def _accept(self, listener: Any, server: Any) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, client = listener.accept()
            except OSError as error:
                if error.errno in NO_MORE_FILES:
                    self._drop_oldest()
                return
            sock.setblocking(False)
            if len(self.connections) >= self.most:
                self._drop_oldest()
            connection = Connection(
                sock, client, server, State.HANDSHAKE if self.tls else State.HEAD
            )
            self.connections[connection] = None
            self.poller.register(sock, selectors.EVENT_READ, connection)
            self._await_request(connection)
            if len(self.connections) > self.most:  # All others are complete requests.
                self._refuse(connection, answers.FULL)

    def _drop_oldest(self) -> None:
        """Make room at the cost of those who have kept the site waiting longest."""
        waiting = [c for c in self.connections if c.state in INCOMPLETE]
        for connection in heapq.nsmallest(DROPPED_AT_ONCE, waiting, key=lambda c: c.since):
            # The rest may have arrived, and nobody has looked yet.
            self._on_event(connection)
            if connection.state in INCOMPLETE:
                self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._leave(connection)
        with suppress(OSError):
            connection.sock.close()

    def _leave(self, connection: Connection) -> None:
        """Have nothing to do any more with a connection."""
        connection.state = State.CLOSED
        connection.buffer = bytearray()
        connection.unsent = memoryview(b"")
        self.connections.pop(connection, None)
        self._forget_size(connection)
        if not connection.paused:
            connection.paused = True
            self.poller.unregister(connection.sock)

    def _expire(self, now: float) -> None:
        for connection in [c for c in self.connections if c.deadline < now]:
            state = connection.state
            if state is State.BODY or (state is State.HEAD and connection.buffer):
                self._refuse(connection, answers.too_slow(self.limits))
            elif state in INCOMPLETE:
                self._close(connection)

    def _refuse(self, connection: Connection, answer: answers.Answer) -> None:
        """Send a page as the last answer."""
        with suppress(OSError):
            connection.sock.send(bytes(answer))
        self._begin_to_close(connection)

    def _begin_to_close(self, connection: Connection) -> None:
        """Close our side, then wait until the client closes its own.

        A socket closed while unread bytes are in it takes back the answer (RFC 9112, section 9.6).
        """
        connection.state = State.CLOSING
        connection.deadline = time.monotonic() + self.limits.closing_seconds
        connection.buffer = bytearray()
        connection.needed = MOST_DISCARDED
        self._forget_size(connection)
        _shut_down(connection.sock, socket.SHUT_WR)
        self._watch(connection, selectors.EVENT_READ)

    def _discard(self, connection: Connection) -> None:
        arrived = len(connection.sock.recv(CHUNK))
        connection.needed -= arrived
        if not arrived or connection.needed < 0:
            self._close(connection)

    def _watch(self, connection: Connection, events: int) -> None:
        if connection.paused:
            connection.paused = False
            self.poller.register(connection.sock, events, connection)
        else:
            self.poller.modify(connection.sock, events, connection)

    # --- Receiving --------------------------------------------------------------------------------

    def _await_request(self, connection: Connection) -> None:
        connection.since = time.monotonic()
        connection.deadline = connection.since + self.cfg.keepalive

    def _shake_hands(self, connection: Connection) -> None:
        sock = connection.sock
        if not isinstance(sock, ssl.SSLSocket):
            first = sock.recv(1, socket.MSG_PEEK)
            if first and first != HANDSHAKE:
                self._refuse(connection, answers.PLAIN_HTTP)
                return
            if not first:
                self._close(connection)
                return
            connection.deadline = time.monotonic() + self.limits.head_seconds
            self.poller.unregister(sock)
            connection.paused = True
            assert self.tls
            connection.sock = sock = self.tls.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False
            )
            self._watch(connection, selectors.EVENT_READ)
        sock.do_handshake()
        connection.state = State.HEAD
        self._await_request(connection)

    def _receive(self, connection: Connection) -> None:
        data = connection.sock.recv(CHUNK)
        if not data:
            self._close(connection)
            return
        connection.buffer += data
        self._go_on(connection, len(data))

    def _go_on(self, connection: Connection, arrived: int) -> None:
        """Make of the buffer what can be made: a request, or nothing yet."""
        if connection.state is State.HEAD:
            try:
                complete = connection.read_head(arrived, self.limits, self.cfg)
            except errors.ParseException as error:
                self._refuse(connection, answers.unreadable(error, self.limits, self.cfg))
                return
            if not complete:
                if arrived == len(connection.buffer):
                    connection.deadline = time.monotonic() + self.limits.head_seconds
                if len(connection.buffer) > self.limits.small_bytes:
                    self._admit(connection, self.limits.head_bytes)
                return
            self._forget_size(connection)
        if connection.read_body():
            self._dispatch(connection)
        elif connection.state is State.HEAD:
            connection.state = State.BODY
            connection.deadline = time.monotonic() + self.limits.body_seconds
            if connection.request._expected_100_continue:
                connection.sock.send(CONTINUE)
            self._admit(connection, connection.needed)

    def _admit(self, connection: Connection, size: int) -> None:
        """Let a connection hold more than a little, if there's room or an older one makes room."""
        if connection.large or size <= self.limits.small_bytes:
            return
        while sum(self.large.values()) + size > self.limits.large_bytes:
            oldest = next((c for c in self.large if c.state in INCOMPLETE), None)
            if oldest is None and connection.state is State.SENDING:
                break  # It's in memory already.
            self._turn_away(oldest or connection)
            if oldest is None:
                return
        connection.large = True
        self.large[connection] = size

    def _turn_away(self, connection: Connection) -> None:
        if connection.state is State.SENDING:
            self._close(connection)  # Its answer is half-way.
        else:
            self._refuse(connection, answers.TOO_MUCH)

    def _forget_size(self, connection: Connection) -> None:
        if connection.large:
            connection.large = False
            del self.large[connection]

    def _dispatch(self, connection: Connection) -> None:
        connection.request._expected_100_continue = False  # gunicorn's, for threads that read.
        connection.state = State.BUSY
        connection.deadline = math.inf
        work = self.polls if is_poll(connection.request.path) else self.pages
        work.put(connection)

    def _pause(self, connection: Connection) -> None:
        """Watch no connection that is busy: what arrives can wait in the socket."""
        with connection.lock:
            if connection.state is State.BUSY:
                connection.paused = True
                self.poller.unregister(connection.sock)
                return
        self._on_event(connection)

    # --- In a thread ------------------------------------------------------------------------------

    def _serve_all(self, work: queue.SimpleQueue[Connection]) -> None:
        while True:
            connection = work.get()
            answer = _Answer()
            try:
                keep = self._respond(connection, answer)
            except Exception:
                request = connection.request
                self.log.exception("%s %s failed.", request.method, request.uri)
                if not answer.parts:
                    answer.parts.append(bytes(answers.BROKEN))
                keep = False
            try:
                self._end_request(connection, b"".join(answer.parts), keep)
            except Exception:
                self.log.exception("A connection failed.")
                self.calls.defer(self._close, connection)

    def _respond(self, connection: Connection, answer: _Answer) -> bool:
        """Let the application answer; return whether another request can follow."""
        request = connection.request
        begin = time.monotonic()
        response, environ = wsgi.create(
            request, answer, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        environ["gunicorn.socket"] = connection.sock
        environ[TAKE_OVER] = partial(setattr, connection, "taken")
        body = self.wsgi(environ, response.start_response)
        try:
            if connection.taken:
                return False
            if not self.alive or not connection.read_on or not self.cfg.keepalive:
                response.force_close()
            if isinstance(body, wsgi.FileWrapper):
                response.write(body.filelike.read())
            else:
                for part in body:
                    response.write(part)
            response.close()
        finally:
            if hasattr(body, "close"):
                body.close()
        self.log.access(response, request, environ, timedelta(seconds=time.monotonic() - begin))
        return not response.should_close()

    def _end_request(self, connection: Connection, answer: bytes, keep: bool) -> None:
        connection.request = None
        if connection.taken:
            self.calls.defer(self._hand_over, connection)
            return
        sent = 0
        try:
            sent = connection.sock.send(answer)
        except NOT_YET:
            pass
        except OSError:
            self.calls.defer(self._close, connection)
            return
        if sent < len(answer):
            connection.unsent = memoryview(answer)[sent:]
            connection.read_on = keep
            self.calls.defer(self._begin_to_send, connection)
        elif not keep:
            self.calls.defer(self._begin_to_close, connection)
        else:
            # From here on the main loop may read the next request.
            self._await_request(connection)
            with connection.lock:
                watched = not (connection.paused or connection.large or connection.buffer)
                if watched:
                    connection.state = State.HEAD
            if not watched:
                self.calls.defer(self._begin_next, connection)

    # --- In the main loop again -------------------------------------------------------------------

    def _begin_to_send(self, connection: Connection) -> None:
        connection.state = State.SENDING
        connection.since = time.monotonic()
        connection.deadline = connection.since + self.limits.send_seconds
        self._forget_size(connection)
        self._watch(connection, selectors.EVENT_WRITE)
        self._admit(connection, len(connection.unsent))

    def _send(self, connection: Connection) -> None:
        sent = connection.sock.send(connection.unsent)
        connection.unsent = connection.unsent[sent:]
        if connection.unsent:
            return
        if connection.read_on:
            self._begin_next(connection)
        else:
            self._begin_to_close(connection)

    def _begin_next(self, connection: Connection) -> None:
        """Read the next request, which may be there already."""
        self._forget_size(connection)
        connection.state = State.HEAD
        self._await_request(connection)
        self._watch(connection, selectors.EVENT_READ)
        if connection.buffer:
            self._go_on(connection, len(connection.buffer))

    def _hand_over(self, connection: Connection) -> None:
        self._leave(connection)
        self.taken_over.add(connection)
        threading.Thread(target=self._run_taken, args=[connection], daemon=True).start()

    def _run_taken(self, connection: Connection) -> None:
        assert connection.taken
        try:
            connection.sock.settimeout(TAKEN_OVER_SECONDS)
            connection.taken()
        except OSError:
            pass  # The client is gone.
        except Exception:
            self.log.exception("A connection that was taken over failed.")
        finally:
            self.taken_over.discard(connection)
            _shut_down(connection.sock, socket.SHUT_RDWR)
            connection.sock.close()


class _Answer:
    """Acts as a socket for gunicorn: it collects a response, which is then sent as a whole."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.sendall = self.parts.append


def _shut_down(sock: socket.socket, how: int) -> None:
    with suppress(OSError):  # The client may have been faster.
        sock.shutdown(how)


def _allowed_connections(wanted: int) -> int:
    """Allow this process as many open files as the connections need; return what it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return max(DROPPED_AT_ONCE, most - OTHER_FILES)
    return wanted
