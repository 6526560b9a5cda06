import { createSocket } from "node:dgram";
import { createServer, type AddressInfo } from "node:net";

/** Whether something could listen on a port of 127.0.0.1; 0 finds a free one. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const found = (server.address() as AddressInfo).port;
      server.close(() => resolve(found));
    });
  });
}

/** The same for UDP. */
function bind(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve()));
  });
}

/** A port of 127.0.0.1 on which nothing listens, neither over TCP nor over UDP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await listen(0);
    if (await isFree(port)) return port;
  }
}

/** Whether nothing listens on a port of 127.0.0.1, neither over TCP nor over UDP. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await listen(port);
    await bind(port);
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw failure;
  }
}
