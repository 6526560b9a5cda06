"""Other programs that are asked: without a keyboard, with a limit, and what they print as text."""

import subprocess


def finished(*command, limit):
    """What it came to. TimeoutExpired: it did not end within so many seconds; None: it ends by itself."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit,
        check=False,
    )


def as_nobody(environment, *command, limit):
    """The same as somebody without any rights, and with these variables alone."""
    return finished("runuser", "-u", "nobody", "--", "env", "-i", *environment, *command, limit=limit)
