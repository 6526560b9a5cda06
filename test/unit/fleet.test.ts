import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseFleetArguments } from "../../scripts/fleetArguments";
import { lookAtStack } from "../../scripts/fleetLook";
import { costSoFar, daysUntil, type FleetRow } from "../../scripts/fleetRow";
import { fleetPage, fleetText } from "../../scripts/fleetTable";

const NOW = new Date("2026-12-10T12:00:00Z");
const TEMPLATE = fs.readFileSync(path.join(__dirname, "../../scripts/fleet.html.mustache"), "utf8");
const PRICES = { instanceHour: 0.2, gp3GiBMonth: 0.0912, ipv4Hour: 0.005 };

const SPRING: FleetRow = {
  stack: "spring",
  state: "running",
  region: "ap-south-1",
  url: "https://spring.example.org",
  hub: true,
  firstDay: "2026-12-14",
  lastDay: "2026-12-17",
  participants: 20,
  cost: 4.5,
  certificateUntil: "2027-02-20T10:00:00Z",
  tokenUntil: "2026-12-24",
  lastBackup: "2026-12-09T20:00:00Z",
};
const ROWS: FleetRow[] = [
  SPRING,
  { stack: "account", state: "running", isAccount: true, region: "ap-south-1" },
  {
    stack: "autumn",
    state: "stopped",
    region: "eu-central-1",
    publicIp: "203.0.113.9",
    lastDay: "2026-10-02",
    participants: 8,
    cost: 31.2,
    costIsMost: true,
    lastBackup: "2026-10-02T20:00:00Z",
  },
  { stack: "next", state: "never up", region: "eu-central-1", participants: 12 },
  { stack: "theirs", state: "unreadable", trouble: "incorrect passphrase <b>" },
];

describe("npm run fleet", () => {
  it("takes a page, a limit and --json, and no stack's name", () => {
    assert.deepEqual(parseFleetArguments([]), { json: false, limitSeconds: 60 });
    assert.deepEqual(parseFleetArguments(["--json", "--page", "f.html", "--limit", "5"]), {
      json: true,
      page: "f.html",
      limitSeconds: 5,
    });
    const refused: [string[], RegExp][] = [
      [["spring"], /shows all stacks, and takes no name[^]*received: spring/],
      [["--jsn"], /option --jsn cannot be used so[^]*mend: +npm run fleet -- --json$/],
      [["--limit", "0"], /no number of seconds from 1 to 600[^]*received: 0/],
      [["--limit", "soon"], /no number of seconds/],
      [["--page", ""], /--page names no file/],
    ];
    for (const [args, text] of refused) assert.throws(() => parseFleetArguments(args), text);
  });

  it("shows a line for each stack, and what is wrong with one below", () => {
    const lines = fleetText(ROWS, NOW)
      .split("\n")
      .map((line) => line.replace(/ {2,}/g, " | "));
    assert.deepEqual(lines, [
      "stack | state | region | address | days | people | cost so far | certificate | token | last backup",
      "spring | running | ap-south-1 | https://spring.example.org | 2026-12-14 to 2026-12-17 | 20 | 4.50 USD | 71 days | 13 days | 16 h ago",
      "account | account | ap-south-1 | – | – | – | – | – | – | –",
      "autumn | stopped | eu-central-1 | 203.0.113.9 | until 2026-10-02 | 8 | at most 31.20 USD | – | – | 68 days ago",
      "next | never up | eu-central-1 | – | – | 12 | – | – | – | –",
      "theirs | unreadable | – | – | – | – | – | – | – | –",
      "",
      "At most 35.70 USD so far, without taxes and traffic",
      "",
      "theirs: incorrect passphrase <b>",
    ]);
    const silent = fleetText([{ ...SPRING, hub: false, tokenUntil: "2026-12-01" }], NOW);
    assert.match(silent, /running, hub silent/);
    assert.match(silent, / over /);
  });

  it("makes a page that loads nothing, with links, colours, and no markup of a stack's", () => {
    const page = fleetPage(ROWS, NOW, TEMPLATE);
    assert.match(page, /default-src 'none'/);
    assert.doesNotMatch(page, /<script|src=/);
    assert.match(page, /<a href="https:&#x2F;&#x2F;spring\.example\.org">/);
    assert.match(page, /incorrect passphrase &lt;b&gt;/);
    const classes = [...page.matchAll(/<tr class="(\w+)">/g)].map(([, one]) => one);
    assert.deepEqual(classes, ["look", "good", "look", "good", "bad"]);
  });

  it("reckons what a stack has cost, at most where the machine was stopped meanwhile", () => {
    const at = new Date("2026-12-09T12:00:00Z");
    const made = { at, started: at, runs: true, volumesGiB: 60 };
    // 24 hours of instance and address, and of 60 GiB a 24 730ths of a month.
    const cost = 24 * 0.205 + (24 * 60 * 0.0912) / 730;
    assert.deepEqual(costSoFar(made, PRICES, NOW), { cost: Math.round(cost * 100) / 100 });
    const stopped = costSoFar({ ...made, runs: false }, PRICES, NOW);
    assert.deepEqual(stopped, { cost: Math.round(cost * 100) / 100, costIsMost: true });
    const again = costSoFar({ ...made, started: new Date("2026-12-10T06:00:00Z") }, PRICES, NOW);
    assert.equal(again.costIsMost, true);
    assert.deepEqual(costSoFar(made, { ipv4Hour: 0.005 }, NOW), {});
  });

  it("counts whole days that are left", () => {
    assert.equal(daysUntil("2026-12-12", NOW), 1);
    assert.equal(daysUntil("2026-12-10T11:00:00Z", NOW), -1);
  });
});

describe("a stack of the fleet", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fake-pulumi-"));
  const before = process.env["PATH"];
  /** Makes a `pulumi` of these lines. */
  function pulumi(lines: string): void {
    fs.writeFileSync(path.join(folder, "pulumi"), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    process.env["PATH"] = `${folder}:${before}`;
  }
  afterEach(() => (process.env["PATH"] = before));
  after(() => fs.rmSync(folder, { recursive: true }));

  it("that cannot be read is a row with Pulumi's reason", async () => {
    pulumi(`echo 'error: getting secrets manager: incorrect passphrase' >&2; exit 255`);
    assert.deepEqual(await lookAtStack({ name: "theirs" }, 10), {
      stack: "theirs",
      state: "unreadable",
      trouble: "getting secrets manager: incorrect passphrase",
    });
  });

  it("that does not answer is a row with the limit, in time", async () => {
    pulumi("exec sleep 60");
    const row = await lookAtStack({ name: "slow" }, 1);
    assert.equal(row.state, "unreadable");
    assert.match(row.trouble ?? "", /no answer within 1 s; longer: npm run fleet -- --limit 2/);
  });

  it("whose configuration is elsewhere says so; one that was never up has no server", async () => {
    pulumi("echo '{}'");
    const elsewhere = await lookAtStack({ name: "spring" }, 10);
    assert.match(elsewhere.trouble ?? "", /Pulumi\.spring\.yaml is not in this folder/);
    const config = {
      "aws:region": { value: "eu-central-1" },
      "tljh-workshop:participants": { value: "12" },
      "tljh-workshop:lastDay": { value: "none" },
    };
    pulumi(`case $2 in config) echo '${JSON.stringify(config)}' ;; *) echo '{}' ;; esac`);
    assert.deepEqual(await lookAtStack({ name: "next", resourceCount: 0 }, 10), {
      stack: "next",
      state: "never up",
      region: "eu-central-1",
      participants: 12,
    });
  });
});
