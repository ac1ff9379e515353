"""Settings of gunicorn for both sites, read from the working directory.

What differs between the sites, the application and ``--bind``, comes on the command line.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from typing import Any

from catalogue import addresses

# A site that would be found nowhere does not start; the sentence says what to set.
try:
    here = addresses.read(os.environ)
except addresses.AddressError as error:
    sys.exit(str(error))

# Threads, since a page costs little, and a request that waits for the database should not hold a
# whole process. Two processes use two cores, and SQLite gains nothing from more writers. Whatever
# waits for a client has no thread: webserver/ has that, its limits, and the threads beside these
# for polls and statement feeds.
worker_class = "webserver.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8

# The site is loaded once, in the parent, and the processes share that memory.
preload_app = True

# Each worker listens on a socket of its own. With a shared one, and connections kept alive, most
# connections end up at one of the two workers in about a third of the starts.
reuse_port = True

# Longer than a person thinks between two clicks, so that a click needs no new connection. Idle
# connections hold no thread.
keepalive = 15

# What a client says about itself is a proxy's word only if it comes from one of these addresses;
# gunicorn would believe everyone on this machine. Even a proxy may say no more than how a browser
# spoke to it (X-Forwarded-Proto): the sites are at the root of their hosts.
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "")
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
forwarder_headers = ""

# The control socket is in the user's home and is shared by every gunicorn of that user: the
# two sites, and two checkouts, would take it from one another.
control_socket_disable = True

# One line for each request would bury the lines that matter. The live log of the teaching side
# shows what arrived at the bank.
accesslog = None
loglevel = "warning"

# Ctrl-C should take a moment and no more. Requests here last milliseconds; what is open for
# longer (a live log, a statement feed) is meant to be cut. A worker ends after half of this; the
# rest is for a machine so busy that ending takes long.
graceful_timeout = 4

# A browser sends all cookies in one header line, and tossed cookies add to it. Gunicorn's 8,190
# bytes hold about 250 short cookies. With 64 KiB a thousand reach the site, which answers as
# usual; beyond that gunicorn answers 431. The other two limits are gunicorn's defaults.
limit_request_field_size = 65536
limit_request_fields = 100
limit_request_line = 4094

# Both sites speak https, with certificates made on the spot. The runner has made the authority.
if here.scheme == "https":
    from tools import https

    ssl_context = https.ssl_context
    # gunicorn uses TLS only if this file is given.
    certfile = str(https.the_authority().file)


if sys.platform == "linux":
    # glibc gives every thread a heap of its own, and none of them gives its memory back. Python's
    # threads take turns anyway.
    m_arena_max = -8
    ctypes.CDLL(None).mallopt(m_arena_max, 1)


def on_starting(server: Any) -> None:
    """End with the runner that started this site, even if the runner was killed outright.

    A killed runner cannot stop its children, and they would hold the ports. Linux only, and only
    under ``tools.run``, which leaves its process id in the environment.
    """
    runner = os.environ.get("PLAYGROUND_RUNNER")
    if runner is None or sys.platform != "linux":
        return
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != int(runner):
        sys.exit("The runner is gone, so this site does not start.")


# Until a worker has its own signal handlers it has its parent's, which put a signal into a queue
# that nobody reads. So the signal that stops a worker waits.
def pre_fork(server: Any, worker: Any) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def post_worker_init(worker: Any) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


os.register_at_fork(
    after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
)


def when_ready(server: Any) -> None:
    """Have the garbage collector leave alone what the processes share.

    It writes to every object that it looks at, and a page of memory that was written to is a copy.
    """
    gc.collect()
    gc.freeze()
