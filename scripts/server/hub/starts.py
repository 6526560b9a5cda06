# How the hub starts participants' servers. A file of JupyterHub's configuration.
import asyncio
import contextlib
import subprocess
import time

from systemdspawner import SystemdSpawner
from tornado import web

# A class starts its servers at the same moment. One that has not answered within JupyterHub's 30 s would
# be ended, and all the work for it done in vain: seen with ten on two busy processors.
c.Spawner.http_timeout = 240  # noqa: F821
c.Spawner.start_timeout = 240  # noqa: F821
# Without what somebody has installed in the home (-s): a package there that is too old or broken keeps no
# server from starting. Notebooks' kernels have it all the same.
USER_BIN = "/opt/tljh/user/bin"
c.Spawner.cmd = [f"{USER_BIN}/python3", "-s", f"{USER_BIN}/jupyterhub-singleuser"]  # noqa: F821
# How often to try whether it answers, which costs nothing, and to ask systemd, which starts a program.
TRY_SECONDS, ASK_SECONDS = 0.2, 3
LAST_WORDS = 300


async def listens(ip, port):
    """Whether something answers there."""
    try:
        _, writer = await asyncio.open_connection(ip, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def last_words(unit, since):
    """The last line that a unit's own program has written; empty if that cannot be told."""
    lines = (f"_SYSTEMD_UNIT={unit}.service", f"--since=@{since:.6f}", "--lines=1")
    try:
        journal = await asyncio.create_subprocess_exec(
            "journalctl", *lines, "--output=cat", "--no-pager", "--quiet", stdout=subprocess.PIPE
        )
        text, _ = await journal.communicate()
    except OSError:
        return ""
    return text.decode(errors="replace").strip()[:LAST_WORDS]


async def ended(spawner, since):
    """The error of a server that is no more."""
    said = await last_words(spawner.unit_name, since)
    message = (
        f"Your server ended while it started. It said: {said or 'nothing'}. Settings of your own "
        "may be the reason: ask your teacher to look."
    )
    error = web.HTTPError(500, message)
    # Shown to the person.
    error.jupyterhub_message = message
    return error


def watched(start):
    """The same start of a server, which notices at once that it answers, or that it has ended before.
    JupyterHub by itself tries up to 5 s apart, and for one that has ended as long as the lines above
    say, in which it cannot be started again."""

    async def start_and_watch(spawner):
        since = time.time()
        address = await start(spawner)
        asked = time.monotonic()
        while address and not await listens(*address):
            if time.monotonic() - asked > ASK_SECONDS:
                if await spawner.poll() is not None:
                    raise await ended(spawner, since)
                asked = time.monotonic()
            await asyncio.sleep(TRY_SECONDS)
        return address

    return start_and_watch


# TLJH's spawner is made of it, and nobody tells a file of the configuration which class that is.
SystemdSpawner.start = watched(SystemdSpawner.start)
