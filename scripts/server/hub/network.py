# What participants' networks get from the hub: pages in compressed form, and a page that tells them at
# home, before they have logged in, whether their browser and their network will do. A file of
# JupyterHub's configuration. The page needs no account and keeps nothing; it answers with no more than
# it is sent, but for one sample of fixed size, and all of these together have a budget.
import json
import os
import time

from tornado import web, websocket
from tornado.ioloop import IOLoop

PAGE = "/opt/tljh/config/workshop-network.html"
# That a line is tried with; it cannot be compressed.
SAMPLE = os.urandom(2**20)
# Samples that a class may load at once, and seconds until there is another one: 4.5 GB a day at most.
SAMPLES = 40
SECONDS_A_SAMPLE = 20
# Of the connections that stay open.
MOST_SOCKETS = 100
MOST_MESSAGES = 50
MOST_BYTES = 64
MOST_SECONDS = 30


class Budget:
    """A number that is used up, and grows again with time."""

    def __init__(self, most, seconds_each):
        self.most, self.seconds_each = most, seconds_each
        self.left, self.since = float(most), time.monotonic()

    def take(self):
        """Whether there was one left."""
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.since) / self.seconds_each)
        self.since = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Page(web.RequestHandler):
    def get(self):
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        # Older browsers do not count websockets to 'self'.
        self.set_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        )
        with open(PAGE, encoding="utf-8") as file:
            self.finish(file.read())


class Sample(web.RequestHandler):
    budget = Budget(SAMPLES, SECONDS_A_SAMPLE)

    def get(self):
        self.set_header("Cache-Control", "no-store")
        if not self.budget.take():
            self.set_status(429)
            return self.finish(json.dumps({"message": "too many ask now"}))
        self.set_header("Content-Type", "application/octet-stream")
        return self.finish(SAMPLE)


class Echo(websocket.WebSocketHandler):
    """Answers with what it is sent: as far as a kernel's connection, and by the same way."""

    opened = 0
    messages = 0
    late = None
    # Tornado's own limit holds for the whole hub.
    max_message_size = MOST_BYTES

    def open(self):
        Echo.opened += 1
        if Echo.opened > MOST_SOCKETS:
            return self.close(1013, "too many ask now")
        self.late = IOLoop.current().call_later(MOST_SECONDS, self.close)

    def on_message(self, message):
        self.messages += 1
        if self.messages > MOST_MESSAGES:
            return self.close(1008, "too many messages")
        return self.write_message(message)

    def on_close(self):
        Echo.opened -= 1
        if self.late is not None:
            IOLoop.current().remove_timeout(self.late)


c.JupyterHub.extra_handlers.extend(
    [(r"/network", Page), (r"/network/sample", Sample), (r"/network/echo", Echo)]
)
c.JupyterHub.tornado_settings.update({"compress_response": True})
