#!/usr/bin/env bash
# Listens at ports for a moment, so that `pulumi` can prove from where it runs that the security group
# lets visitors in. Says a word to whoever calls, and ends when somebody says it back. A line for
# each port: `listens PORT`, or `taken PORT` where something listens already.
#
# PORTS         list of ports
# WORD          what is said
# SECONDS_LONG  how long it listens
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# The word comes on standard input: a command line could be read by everybody.
printf '%s\n' "$WORD" "$SECONDS_LONG" "${PORTS[@]}" | python3 -c '
import asyncio
import socket
import sys

word, seconds, *ports = sys.stdin.read().split()
word = word.encode()


def own_address():
    """Of the interface that leads out: the proxy may hold the same port on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(("192.0.2.1", 9))
        return way.getsockname()[0]


async def listen(port):
    done = asyncio.Event()

    async def answer(reader, writer):
        try:
            writer.write(word + b"\n")
            await writer.drain()
            if (await asyncio.wait_for(reader.read(64), 5)).strip() == word:
                done.set()
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, own_address(), port)
    except OSError:
        print("taken", port, flush=True)
        return
    async with server:
        print("listens", port, flush=True)
        try:
            await asyncio.wait_for(done.wait(), float(seconds))
        except asyncio.TimeoutError:
            pass


async def main():
    await asyncio.gather(*(listen(int(port)) for port in ports))


asyncio.run(main())
'
