"""What participants' servers do otherwise than Jupyter's own (jupyter_server 2).

WorkshopConnection     Jupyter keeps what a kernel says while nobody is connected, and hands it on to the
                       same page when it comes back. But until it knows that nobody is connected, it
                       sends into the void: up to a minute of output is lost with each loss of the
                       network. Here all that the browser has not confirmed is kept, and sent again.
WorkshopKernelManager  The hub ends servers in which nothing has happened for some time, and a cell that
                       computes in silence is nothing to it. Here a kernel at work is activity.
"""

from collections import deque

from jupyter_core.utils import ensure_async  # noqa: F401 - as proof of a version that is known
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server._tz import utcnow
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Integer


class WorkshopConnection(ZMQChannelsWebsocketConnection):
    """A kernel's connection to a page that loses nothing when the network does.

    Each ping that the browser answers confirms all that was sent before it, since what is sent arrives in
    order. What was sent in the last `ping_seconds` before a loss may be seen twice.
    """

    ping_seconds = Float(2, config=True, help="How often the browser is asked to confirm, in seconds")
    silent_seconds = Float(20, config=True, help="After which a browser that confirms nothing is gone")
    most_bytes = Integer(16 * 1024 * 1024, config=True, help="Kept of what is not confirmed")

    # What a page has not confirmed while it is away: by kernel, the page's key and the messages.
    _kept = {}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # (number, message, is binary) in the order of sending; numbers at the pings not answered yet.
        self._sent = deque()
        self._sent_bytes = 0
        self._count = 0
        self._pings = deque()
        self._is_gone = False
        handler = self.websocket_handler
        # For kernels only: other websockets have Jupyter's own intervals.
        self._pinging = PeriodicCallback(self._ping, self.ping_seconds * 1000)
        self._on_pong = handler.on_pong
        handler.on_pong = self._pong

    def _ping(self):
        handler = self.websocket_handler
        if handler.ws_connection is None or self._is_gone:
            self._pinging.stop()
            return
        if len(self._pings) * self.ping_seconds > self.silent_seconds:
            self.log.warning("No answer from a browser for %i s", self.silent_seconds)
            self.leave()
            return
        self._pings.append(self._count)
        try:
            handler.ping(b"")
        except Exception:  # noqa: BLE001 - closing already
            self._pinging.stop()

    def _pong(self, data):
        self._on_pong(data)
        if not self._pings:
            return
        confirmed = self._pings.popleft()
        while self._sent and self._sent[0][0] <= confirmed:
            self._sent_bytes -= len(self._sent.popleft()[1])

    @property
    def write_message(self):
        return self._write

    def _write(self, message, binary=False):
        self._count += 1
        self._sent.append((self._count, message, binary))
        self._sent_bytes += len(message)
        while self._sent_bytes > self.most_bytes:
            self._sent_bytes -= len(self._sent.popleft()[1])
        return self.websocket_handler.write_message(message, binary=binary)

    async def _register_session(self):
        # The page is back before its old connection was known to be dead.
        key = f"{self.kernel_id}:{self.session.session}"
        stale = self._open_sessions.get(key)
        connection = getattr(stale, "connection", None)
        if isinstance(connection, WorkshopConnection):
            connection.leave()
        await super()._register_session()

    def connect(self):
        self._pinging.start()
        key, messages = self._kept.pop(self.kernel_id, ("", ()))
        for message, binary in messages if key == self.session_key else ():
            try:
                self._write(message, binary)
            except Exception:  # noqa: BLE001 - gone again
                break
        return super().connect()

    def leave(self):
        """Nobody is there any more, whatever TCP still hopes: from now on what comes is kept."""
        self.disconnect()
        stream = getattr(self.websocket_handler.ws_connection, "stream", None)
        if stream is not None:
            stream.close()

    def disconnect(self):
        # Twice would count one connection too few.
        if self._is_gone:
            return
        self._is_gone = True
        self._pinging.stop()
        if self._sent and self.kernel_id in self.multi_kernel_manager:
            messages = [(message, binary) for _, message, binary in self._sent]
            self._kept[self.kernel_id] = (self.session_key, messages)
        super().disconnect()


class WorkshopKernelManager(AsyncMappingKernelManager):
    """Kernels, of which one at work counts as activity though it says nothing."""

    busy_seconds = Integer(60, config=True, help="How often it is looked whether a kernel works, in seconds")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._looking = PeriodicCallback(self._look, self.busy_seconds * 1000)
        self._looking.start()

    def _look(self):
        for kernel in list(self._kernels.values()):
            if getattr(kernel, "execution_state", "") == "busy":
                self.last_kernel_activity = kernel.last_activity = utcnow()
