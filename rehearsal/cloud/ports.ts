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

/** A port of 127.0.0.1 on which nothing listens. */
export function freePort(): Promise<number> {
  return listen(0);
}

export async function isFree(port: number): Promise<boolean> {
  try {
    await listen(port);
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw failure;
  }
}
