import { strict as assert } from "node:assert";
import { hashOf, type Token } from "../../rehearsal/github/model";
import { LISTED } from "../../rehearsal/github/seed";
import { changedText, logLines, parseTokenOrder, tokenLines } from "../../scripts/devTokenText";

describe("npm run dev:token", () => {
  it("makes a token for the course's repositories, with an end or without one of them", () => {
    assert.deepEqual(parseTokenOrder(["new"]), {
      action: "new",
      wish: { classic: false, repositories: LISTED },
    });
    assert.deepEqual(
      parseTokenOrder(["new", "--days", "30", "--no-access", "river-lab/field-data"]),
      {
        action: "new",
        wish: { classic: false, days: 30, repositories: ["river-lab/groundwater-course"] },
      },
    );
    assert.deepEqual(parseTokenOrder(["new", "--classic"]), {
      action: "new",
      wish: { classic: true, repositories: LISTED },
    });
  });

  it("acts on all tokens but the newest, or on the one on standard input", () => {
    assert.deepEqual(parseTokenOrder(["revoke"]), { action: "revoke", one: false });
    assert.deepEqual(parseTokenOrder(["expire", "-"]), { action: "expire", one: true });
  });

  const wrong: [string[], RegExp][] = [
    [[], /missing or unknown[^]*received: nothing[^]*mend: {5}npm run -s dev:token -- new/],
    [["revok"], /mend: {5}npm run -s dev:token -- revoke/],
    [["new", "--days", "0"], /--days is a whole number/],
    [["new", "--no-access", "river-lab/fielddata"], /mend: .*--no-access river-lab\/field-data/],
    [["new", "--forever"], /An option cannot be used so/],
    [["list", "--classic"], /Options are for new/],
    [["new", "--classic", "--no-access", "river-lab/field-data"], /for all repositories/],
  ];
  for (const [args, text] of wrong) {
    it(`says what is wrong with "${args.join(" ")}", and what mends it`, () => {
      assert.throws(() => parseTokenOrder(args), { message: text });
    });
  }

  it("does not repeat a token that was typed on the command line", () => {
    const token = "ghp_secretsecretsecret";
    assert.throws(
      () => parseTokenOrder(["revoke", token]),
      ({ message }: Error) => message.includes("standard input") && !message.includes(token),
    );
  });

  it("says how many tokens it changed", () => {
    assert.equal(changedText("revoke", 2, false), "2 tokens revoked");
    assert.equal(changedText("expire", 1, true), "1 token expired");
    assert.match(changedText("expire", 0, false), /^nothing expired/);
    assert.match(changedText("revoke", 0, true), /knows no such token[^]*mend: .* list/);
  });

  it("lists tokens by fingerprint, and who read what with which", () => {
    const base: Token = {
      hash: hashOf("a"),
      kind: "fine-grained",
      account: "nicolas",
      scopes: [],
      repositories: ["river-lab/field-data"],
      writes: false,
      revoked: false,
      approved: true,
    };
    const now = new Date("2026-11-25T12:00:00Z");
    const states = [
      {},
      { expires: "2026-11-26T00:00:00.000Z" },
      { expires: "2026-11-24T00:00:00.000Z" },
      { revoked: true },
    ].map((change) => ({ ...base, ...change }));
    const print = hashOf("a").slice(0, 12);
    const lines = tokenLines(states, now);
    assert.ok(lines.every((line) => line.startsWith(print)));
    assert.deepEqual(
      lines.map((line) => /no expiry|until \S+|expired|revoked/.exec(line)?.[0]),
      ["no expiry", "until 2026-11-26T00:00Z", "expired", "revoked"],
    );
    const [line = ""] = logLines([
      {
        time: "2026-11-25T12:00:00.123Z",
        method: "GET",
        path: "/river-lab/field-data/info/refs",
        service: "git-upload-pack",
        account: "nicolas",
        fingerprint: print,
        status: 200,
        bytes: 312,
      },
    ]);
    const words = [
      "2026-11-25T12:00:00Z",
      print,
      "nicolas",
      "git-upload-pack",
      "200",
      "312",
      "/river-lab/field-data/info/refs",
    ];
    assert.deepEqual(line.split(/\s+/), words);
  });
});
