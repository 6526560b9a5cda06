import { strict as assert } from "node:assert";
import fs from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { Authority } from "../../rehearsal/tls/certificates";
import { TestBrowser } from "../browser/browser";

const NAME = "hub.workshop.test";

describe("the tests' browser", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-trust-"));
  let authority: Authority;
  let server: Server;
  let url: string;

  before(async () => {
    authority = await Authority.in(folder, "authority");
    const { key, certificate } = await authority.sign("server", [NAME]);
    server = createServer({ key, cert: certificate }, (_, answer) => answer.end("here I am"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://${NAME}:${(server.address() as AddressInfo).port}/`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
    fs.rmSync(folder, { recursive: true });
  });

  /** What a visitor reads there. */
  const read = async (browser: TestBrowser): Promise<string> => {
    try {
      const { page } = await browser.visitor();
      await page.goto(url);
      return await page.locator("body").innerText();
    } finally {
      await browser.close();
    }
  };

  it("finds names and trusts authorities that it is told of, and without them neither", async () => {
    const names = { [NAME]: "127.0.0.1" };
    const authorities = fs.readFileSync(authority.file, "utf8");
    assert.equal(await read(await TestBrowser.open({ names, authorities })), "here I am");
    await assert.rejects(read(await TestBrowser.open({ names })), /ERR_CERT_AUTHORITY_INVALID/);
    await assert.rejects(read(await TestBrowser.open({ authorities })), /ERR_NAME_NOT_RESOLVED/);
  });
});
