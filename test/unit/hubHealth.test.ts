import assert from "node:assert/strict";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hubAnswers } from "../../scripts/hubHealth";

describe("whether a hub answers", () => {
  const servers: http.Server[] = [];
  after(() => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  });

  /** A hub of these words at 127.0.0.1; its port. */
  async function hub(answer: (asked: IncomingMessage, answer: ServerResponse) => void) {
    const server = http.createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  it("is asked at the server's address, whatever the name points to", async () => {
    let asked = "";
    const port = await hub((request, answer) => {
      asked = `${request.headers.host} ${request.url}`;
      answer.end("ok");
    });
    assert.equal(await hubAnswers(`http://hub.invalid:${port}`, "127.0.0.1"), true);
    assert.equal(asked, "hub.invalid /hub/health");
  });

  it("is no, where the proxy has no hub behind it, where nobody listens, and where nobody speaks", async () => {
    const without = await hub((_, answer) => answer.writeHead(404).end());
    assert.equal(await hubAnswers(`http://hub.invalid:${without}`, "127.0.0.1"), false);
    assert.equal(await hubAnswers("http://hub.invalid:1", "127.0.0.1"), false);
    const silent = await hub(() => undefined);
    assert.equal(await hubAnswers(`http://hub.invalid:${silent}`, "127.0.0.1", 0.2), false);
  });
});
