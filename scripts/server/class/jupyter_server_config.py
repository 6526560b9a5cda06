"""Settings of every participant's server, read when it starts; written by scripts/server/class.sh.

A network that is away for some time loses no output, and a cell that computes in silence counts as
work. What a version of Jupyter does not know any more is left out with a line in the log: a server
that starts without these is better than none.
"""

import logging
import os
import sys

c = get_config()  # noqa: F821 - Jupyter's own

# Beside the environment's own packages, which another version of Python has elsewhere.
sys.path.append(os.path.join(sys.prefix, "share/workshop"))
try:
    from workshop_server import WorkshopConnection, WorkshopKernelManager
except Exception:
    logging.getLogger("workshop").exception("The workshop's settings do not fit this version of Jupyter")
else:
    c.ServerApp.kernel_websocket_connection_class = WorkshopConnection
    c.ServerApp.kernel_manager_class = WorkshopKernelManager
