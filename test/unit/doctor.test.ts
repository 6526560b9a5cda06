import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseDoctorArguments } from "../../scripts/doctor/arguments";
import { doctorValues } from "../../scripts/doctor/askServer";
import type { Facts, Known, ServerFacts } from "../../scripts/doctor/facts";
import { GUIDE, guideTable } from "../../scripts/doctor/guide";
import { keyFile } from "../../scripts/doctor/lookHere";
import { isWell, rowsOf } from "../../scripts/doctor/report";
import { ROW_IDS, type RowId } from "../../scripts/doctor/rows";
import { stackFacts } from "../../scripts/doctor/stackFacts";
import { reportText } from "../../scripts/doctor/text";
import { facts, GIB, NOW, serverFacts } from "./doctorFacts";

const PROGRAMS = path.join(__dirname, "../../scripts/server/doctor");

/** One row of what is well but for what is changed. */
function rowOf(id: RowId, changed: Partial<Facts>) {
  const row = rowsOf(facts(changed)).find((one) => one.id === id);
  assert.ok(row, `there is no row ${id}`);
  return row;
}

/** The same, for what the server tells. */
function serverRow<K extends keyof ServerFacts>(id: RowId, key: K, value: ServerFacts[K]) {
  return rowOf(id, { server: serverFacts({ [key]: value }) });
}

describe("doctor: what it is asked for", () => {
  it("is a stack, JSON or text, and how long to wait", () => {
    assert.deepEqual(parseDoctorArguments([]), { json: false, seconds: 6 });
    assert.deepEqual(parseDoctorArguments(["-s", "dev", "--json", "--seconds", "30"]), {
      stack: "dev",
      json: true,
      seconds: 30,
    });
  });

  it("is refused with the nearest that there is", () => {
    assert.throws(() => parseDoctorArguments(["--jsn"]), /received: --jsn[^]*doctor -- --json$/);
    assert.throws(() => parseDoctorArguments(["dev"]), /words too many/);
    for (const seconds of ["0", "x", "1.5", "121"]) {
      assert.throws(() => parseDoctorArguments(["--seconds", seconds]), /from 1 to 120/);
    }
  });
});

describe("doctor: a workshop that is well", () => {
  it("has every row, all green, each once", () => {
    const rows = rowsOf(facts());
    assert.deepEqual(
      rows.map(({ id }) => id),
      [...ROW_IDS],
    );
    assert.deepEqual(
      rows.filter(({ colour }) => colour !== "green"),
      [],
    );
    assert.ok(isWell(rows));
  });

  it("is told in a line for each row, and a sum", () => {
    const text = reportText(facts(), rowsOf(facts()));
    assert.match(text, /^green {3}instance {12}i-1 \(t3\.xlarge\) runs$/m);
    assert.match(text, /\n0 red, 0 yellow, 30 green$/);
    assert.ok(!text.includes("\x1b"));
    assert.ok(reportText(facts(), rowsOf(facts()), true).startsWith("\x1b[32mgreen \x1b[0m"));
  });
});

describe("doctor: what is not green", () => {
  const disk = (free: number, bytes = 40 * GIB) => ({
    ...{ bytes, free, reserved: 0, inodes: 1000, freeInodes: 900 },
  });
  const disks = (free: number, bytes?: number) => ({
    root: disk(20 * GIB),
    data: disk(free, bytes),
  });
  const load = { one: 1, five: 1, processors: 4, idle: 0.9, steal: 0, uptime: 100 };
  const complaint = (secondsAgo: number) => ({
    count: 2,
    last: [{ when: NOW / 1000 - secondsAgo, text: "boom" }],
  });
  const python = {
    ...{ pip: "/opt/tljh/user/bin/pip", pipFor: "/opt/tljh/user/bin/python3", pipVersion: "26" },
    ...{ pipPlace: "/opt/tljh/user/lib/python3.11/site-packages/pip/__init__.py" },
    ...{
      executable: "/opt/tljh/user/bin/python3",
      kernel: "/opt/tljh/user/bin/python3",
      wrong: "",
    },
  };

  const cases: [title: string, row: ReturnType<typeof rowOf>, colour: string, text: RegExp][] = [
    [
      "a data volume with less than a fifth free",
      serverRow("data disk", "disks", disks(7 * GIB)),
      "yellow",
      /7\.0 GiB of 40 GiB .*config --stack dev set dataGiB 60, then pulumi up --stack dev/,
    ],
    [
      "a data volume that is nearly full",
      serverRow("data disk", "disks", disks(1.5 * GIB)),
      "red",
      /dataGiB 60/,
    ],
    ["a full small volume", serverRow("data disk", "disks", disks(0, GIB)), "red", /dataGiB 21/],
    [
      "no room for more files",
      serverRow("root disk", "disks", {
        root: { ...disk(30 * GIB), freeInodes: 20 },
        data: disk(30 * GIB),
      }),
      "red",
      /room for 20 more files.*diskGiB 60/,
    ],
    [
      "a home with more than a quarter of the volume",
      serverRow("homes", "homes", {
        count: 3,
        measured: [{ name: "ana", bytes: 11 * GIB }],
        limit: null,
        held: [],
      }),
      "yellow",
      /2 not measured in time.*ana has more.*jupyter-ana/,
    ],
    [
      "memory that is nearly used up",
      serverRow("memory", "memory", { bytes: 100, free: 4, killed: [], died: [] }),
      "red",
      /ps -eo/,
    ],
    [
      "little memory",
      serverRow("memory", "memory", { bytes: 100, free: 14, killed: [], died: [] }),
      "yellow",
      /14 %/,
    ],
    [
      "a kernel that was ended for want of memory",
      serverRow("memory", "memory", {
        ...{ bytes: 100, free: 50 },
        killed: [{ unit: "jupyter-ana.service", when: NOW / 1000 - 600 }],
        died: [],
      }),
      "yellow",
      /a program of jupyter-ana\.service was ended for want of memory 10 min ago/,
    ],
    [
      "kernels that ended by themselves",
      serverRow("memory", "memory", {
        ...{ bytes: 100, free: 50, killed: [] },
        died: [7200, 60].map((age) => ({ name: "ana", when: NOW / 1000 - age })),
      }),
      "yellow",
      /2 kernels of ana ended by themselves, .*the last one 60 s ago/,
    ],
    [
      "a home beyond its limit",
      serverRow("homes", "homes", {
        ...{ count: 1, measured: [{ name: "ana", bytes: 5 * GIB }], limit: 4 * GIB, held: ["ana"] },
      }),
      "yellow",
      /limit of 4\.0 GiB.*small files only: ana.*--stack dev set homeGiB/,
    ],
    ["many programs", serverRow("load", "load", { ...load, five: 8 }), "yellow", /2\.0 programs/],
    [
      "a T instance without credits",
      serverRow("load", "load", { ...load, steal: 0.4 }),
      "yellow",
      /40 % of the time to others.*cpuCredits unlimited/,
    ],
    [
      "a service that does not run",
      serverRow("services", "units", { failed: ["a.service"], off: ["traefik"] }),
      "red",
      /traefik does not run.*systemctl status traefik/,
    ],
    [
      "some other failed service",
      serverRow("services", "units", { failed: ["a.service"], off: [] }),
      "yellow",
      /failed: a\.service/,
    ],
    [
      "a pending restart",
      serverRow("restart", "reboot", { asked: true, packages: ["linux-aws"] }),
      "yellow",
      /\(linux-aws\).*when nobody works: ssh .* 'sudo reboot'/,
    ],
    [
      "updates that stay away",
      serverRow("updates", "updates", { last: NOW / 1000 - 4 * 86400, timer: "active" }),
      "yellow",
      /4 days ago.*unattended-upgrade/,
    ],
    [
      "updates that are switched off",
      serverRow("updates", "updates", { last: NOW / 1000, timer: "inactive" }),
      "yellow",
      /enable --now apt-daily-upgrade/,
    ],
    [
      "a server's clock that is wrong",
      serverRow("clock", "clock", { now: NOW / 1000 + 400, synchronized: false }),
      "red",
      /400 s away.*set-ntp/,
    ],
    [
      "this computer's clock that is wrong",
      serverRow("clock", "clock", { now: NOW / 1000 - 60, synchronized: true }),
      "yellow",
      /this computer's clock is the wrong one/,
    ],
    [
      "an SSH server that takes passwords",
      serverRow("ssh server", "sshd", { ports: [22], passwords: true, root: false, wrong: "" }),
      "red",
      /takes passwords/,
    ],
    [
      "an SSH server that does not listen on the stack's port",
      serverRow("ssh server", "sshd", { ports: [993], passwords: false, root: false, wrong: "" }),
      "red",
      /on 993 and not on 22/,
    ],
    [
      "a hub that does not answer",
      serverRow("hub", "hub", { answers: false, said: "refused" }),
      "red",
      /restart jupyterhub/,
    ],
    [
      "a hub that has just complained",
      serverRow("hub errors", "hubErrors", complaint(60)),
      "yellow",
      /2 in the last 24 hours, the last 60 s ago: boom.*journalctl -u jupyterhub -n 50/,
    ],
    [
      "a proxy that complained hours ago",
      serverRow("proxy errors", "proxyErrors", { ...complaint(7200), certificate: [] }),
      "green",
      /2 h ago: boom/,
    ],
    [
      "a server that does not get ready",
      serverRow("people", "people", {
        accounts: 3,
        servers: [
          { name: "ana", ready: false, since: new Date(NOW - 600_000).toISOString(), used: null },
          { name: "bo", ready: true, since: null, used: new Date(NOW - 700_000).toISOString() },
        ],
      }),
      "yellow",
      /3 accounts, 2 servers run, 1 of them idle.*get ready: ana.*jupyter-ana/,
    ],
    [
      "a credentials file that is not as it should be",
      serverRow("git", "git", { token: true, drift: ["/etc/git-credentials is gone", "b"] }),
      "red",
      /is gone, and 1 more.*pulumi up --stack dev --refresh/,
    ],
    [
      "a participant's git that is refused",
      serverRow("git as participant", "reading", {
        read: [{ repository: "https://github.com/o/r", wrong: "fatal: no", lock: false }],
      }),
      "red",
      /cannot read https:\/\/github\.com\/o\/r: fatal: no/,
    ],
    [
      "the guide's warning about a lock",
      serverRow("git as participant", "reading", {
        read: [{ repository: "https://github.com/o/r", wrong: "", lock: true }],
      }),
      "yellow",
      /harmless.*git config --system --list \| grep credential/,
    ],
    [
      "a repository that is not there",
      serverRow("repositories", "content", { found: [{ name: "start", said: "not found" }] }),
      "red",
      /content\[0\]\.repo.*does not exist.*config --stack dev set --path 'content\[0\]\.repo'/,
    ],
    [
      "a notebook that is not there",
      serverRow("paths", "content", {
        found: [
          { name: "start", branches: ["main"], commit: "a", paths: ["Lesson.ipynb"], folders: [] },
        ],
      }),
      "red",
      /lesson\.ipynb.*'content\[0\]\.open' Lesson\.ipynb/,
    ],
    [
      "a token that the host refuses",
      serverRow("token", "content", {
        found: [{ name: "start", said: "fatal: Authentication failed for x" }],
      }),
      "red",
      /github\.com refuses abc \(sealed\).*set --secret gitToken/,
    ],
    [
      "another pip",
      serverRow("pip", "python", { ...python, pip: "/usr/bin/pip" }),
      "red",
      /\/usr\/bin\/pip, not \/opt/,
    ],
    [
      "a pip for another Python",
      serverRow("pip", "python", { ...python, pipFor: "/usr/bin/python3" }),
      "red",
      /installs for \/usr\/bin\/python3/,
    ],
    [
      "packages that do not fit together",
      serverRow("packages", "packages", { count: 9, broken: ["a needs b"], log: true }),
      "yellow",
      /pip finds: a needs b.*installer\.log/,
    ],
    [
      "a kernel of another Python",
      serverRow("notebook Python", "python", { ...python, kernel: "/usr/bin/python3" }),
      "red",
      /kernel is \/usr\/bin\/python3/,
    ],
    [
      "packages of somebody's own",
      serverRow("own packages", "ownPackages", {
        people: [
          {
            name: "maria",
            folder: "/home/jupyter-maria/.local/lib/python3.12/site-packages",
            packages: [
              { package: "numpy", own: "1.26.4", shared: "2.4.0" },
              { package: "pandas", own: "1.0.0", shared: "3.0.0" },
            ],
          },
        ],
      }),
      "yellow",
      /maria has numpy 1\.26\.4 instead of 2\.4\.0 and 1 more.*'sudo mv \/home\/jupyter-maria\/\S+{,-off}'/,
    ],
    [
      "a server's package that is missing",
      serverRow("notebook Python", "python", { ...python, wrong: "No module named nbgitpuller" }),
      "red",
      /No module named nbgitpuller.*pip install/,
    ],
  ];
  for (const [title, row, colour, text] of cases) {
    it(`${title}: ${row.id} is ${colour}`, () => {
      assert.equal(row.colour, colour, row.says);
      assert.match(`${row.says} ${row.do ?? ""}`, text);
      if (colour !== "green") assert.ok(row.do, "no command");
    });
  }

  it("has a command in every row, whatever it is that fails", () => {
    const failed = Object.fromEntries(
      Object.keys(serverFacts()).map((key) => [key, { error: "no answer within 6 s" }]),
    ) as unknown as ServerFacts;
    const rows = rowsOf(facts({ server: failed })).filter(({ colour }) => colour !== "green");
    assert.ok(rows.length >= 20);
    for (const row of rows) {
      assert.equal(row.colour, "yellow");
      assert.match(row.says, /not known: no answer within 6 s/);
      assert.ok(row.do, row.id);
    }
  });

  it("is a success as long as nothing is red", () => {
    const yellow = facts({ server: serverFacts({ reboot: { asked: true, packages: [] } }) });
    assert.ok(isWell(rowsOf(yellow)));
    const red = facts({ server: serverFacts({ hub: { answers: false } }) });
    assert.ok(!isWell(rowsOf(red)));
  });
});

describe("doctor: the way there", () => {
  const { aws, here, stack } = facts();
  const silent: Known<ServerFacts> = {
    error:
      "Port 22 is closed\n  received: no answer within 5 s\n  allowed:  x\n  mend:     npm run doors",
  };
  const withAws = (changed: object, server: Known<ServerFacts> = silent) =>
    facts({ aws: { ...aws, ...changed } as Facts["aws"], server });

  it("says at once that the machine is stopped, with the command that starts it", () => {
    const rows = rowsOf(withAws({ state: "stopped" }));
    const [first, , , ssh] = rows;
    assert.equal(first?.colour, "red");
    assert.match(first?.says ?? "", /i-1 is stopped/);
    assert.equal(first?.do, "npm run start -- --stack dev");
    assert.match(ssh?.says ?? "", /not tried/);
    const closed = { ...here, ports: [{ port: 443, said: "no answer within 4 s" }] };
    const stopped = withAws({ state: "stopped" });
    const ports = rowsOf({ ...stopped, here: closed }).find(({ id }) => id === "ports");
    assert.match(`${ports?.says}; ${ports?.do}`, /machine does not run; npm run start/);
    assert.match(
      reportText(withAws({ state: "stopped" }), rows),
      /This computer's address: 198\.51\.100\.7\n.*23 more cannot be told: the machine does not run$/,
    );
  });

  it("says that it is gone, or that AWS does not tell", () => {
    const [gone] = rowsOf(withAws({ state: "gone" }));
    assert.match(
      `${gone?.colour} ${gone?.says} ${gone?.do}`,
      /^red .*gone.*up --stack dev --refresh$/,
    );
    const [unknown] = rowsOf(facts({ aws: { error: "no credentials" } }));
    assert.match(
      `${unknown?.colour} ${unknown?.says} ${unknown?.do}`,
      /^yellow .*no credentials aws sts get-caller-identity --profile work$/,
    );
  });

  it("tells of a machine that fails AWS's checks, and of what AWS will do to it", () => {
    const [impaired] = rowsOf(withAws({ systemCheck: "impaired" }));
    assert.match(`${impaired?.colour} ${impaired?.do}`, /^red aws ec2 reboot-instances/);
    const [retired] = rowsOf(withAws({ events: ["instance-retirement"] }, serverFacts()));
    assert.match(`${retired?.colour} ${retired?.says}`, /^yellow .*instance-retirement/);
  });

  it("tells of a server that is silent: its doors, this computer's address, what answers", () => {
    const shut = withAws({ doors: [{ cidr: "203.0.113.0/24", port: 22 }] });
    const rows = rowsOf(shut);
    const row = (id: RowId) => rows.find((one) => one.id === id);
    assert.match(row("doors")?.says ?? "", /closed to this computer \(198\.51\.100\.7\)/);
    assert.equal(row("doors")?.do, "npm run doors -- open --stack dev");
    assert.equal(row("ssh")?.colour, "red");
    assert.equal(row("ssh")?.says, "Port 22 is closed (no answer within 5 s)");
    assert.equal(row("ssh")?.do, "npm run doors");
    assert.equal(row("ports")?.colour, "green");
    assert.match(reportText(shut, rows), /23 more cannot be told: the server cannot be asked/);
  });

  it("judges the ports that participants need", () => {
    const closed = {
      ...here,
      ports: [
        { port: 443, said: "ECONNREFUSED" },
        { port: 80, said: "" },
      ],
    };
    assert.match(rowOf("ports", { here: closed }).says, /443: ECONNREFUSED/);
    const bare = { ...stack, domains: [] };
    assert.equal(rowOf("ports", { here: closed, stack: bare }).colour, "green");
  });

  it("judges the name", () => {
    const answer = (a: string[]) => [
      { name: "hub.example.org", servers: [{ server: "ns1", a, aaaa: [] }] },
    ];
    assert.equal(rowOf("name", { here: { ...here, names: answer(["192.0.2.1"]) } }).colour, "red");
    assert.match(
      rowOf("name", { here: { ...here, names: answer([]) } }).do ?? "",
      /ask IT for this record: hub\.example\.org\. 3600 IN A 203\.0\.113\.10/,
    );
  });

  it("judges the certificate that visitors are shown", () => {
    const shown = (days: number, issuer = "Let's Encrypt, R11", names = ["hub.example.org"]) =>
      rowOf("certificate", {
        here: { ...here, certificate: { issuer, ends: NOW + days * 86_400_000, names } },
      });
    assert.equal(shown(25).colour, "green");
    assert.match(shown(24).says, /in 24 days, issued by Let's Encrypt, R11/);
    assert.equal(shown(24).colour, "yellow");
    assert.equal(shown(6).colour, "red");
    assert.match(shown(6).do ?? "", /tljh-config reload proxy/);
    assert.match(shown(-2).says, /^expired on .*, 2 days ago/);
    assert.match(shown(300, "TRAEFIK DEFAULT CERT").says, /browsers refuse/);
    assert.match(shown(80, "x", ["other.example.org"]).says, /not for hub\.example\.org/);
    const none = rowOf("certificate", {
      here: { ...here, certificate: { error: "ECONNREFUSED" } },
    });
    assert.match(`${none.colour} ${none.says}`, /^red none was shown: ECONNREFUSED/);
  });

  it("looks at the key file: gone, open to others, another key", () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "doctor-"));
    const file = path.join(home, ".ssh/dev.pem");
    const look = () =>
      keyFile({ sshCommand: "ssh -i ~/.ssh/dev.pem -o x u@h", sshPrivateKey: "KEY\n" }, home);
    try {
      assert.deepEqual(look(), { file: "~/.ssh/dev.pem", wrong: "missing", mode: "" });
      fs.mkdirSync(path.dirname(file));
      fs.writeFileSync(file, "KEY\n", { mode: 0o644 });
      fs.chmodSync(file, 0o644);
      assert.equal(look().wrong, "open");
      assert.equal(
        rowOf("key file", { here: { ...here, keyFile: look() } }).do,
        "chmod 400 ~/.ssh/dev.pem",
      );
      fs.chmodSync(file, 0o400);
      assert.equal(look().wrong, "");
      fs.rmSync(file);
      fs.writeFileSync(file, "OLD\n", { mode: 0o600 });
      assert.equal(look().wrong, "other");
      assert.match(rowOf("key file", { here: { ...here, keyFile: look() } }).do ?? "", /ssh-key/);
    } finally {
      fs.rmSync(home, { recursive: true });
    }
  });

  it("judges the token's last days", () => {
    const ends = (validUntil: string, configuredToken = "abc") =>
      rowOf("token", {
        stack: {
          ...stack,
          configuredToken,
          token: { fingerprint: "abc", access: "sealed", validUntil },
        },
      });
    assert.equal(ends("2026-12-20").colour, "green");
    assert.equal(ends("2026-12-08").colour, "yellow");
    assert.match(ends("2026-11-24").says, /ended on 2026-11-24/);
    assert.equal(ends("2026-11-24").colour, "red");
    assert.match(ends("").says, /when it ends is not known/);
    assert.match(ends("2026-12-20", "def").says, /another one is configured/);
  });
});

describe("doctor: what goes to the server", () => {
  const config = {
    "tljh-workshop:gitToken": { value: "s3cret", secret: true },
    "tljh-workshop:domain": { value: "hub.example.org" },
    "tljh-workshop:extraDomains": { value: '["b.example.org"]' },
    "aws:profile": { value: "work" },
    "tljh-workshop:gitHost": { value: "github.com" },
  };
  const outputs = {
    ...{ publicIp: "203.0.113.10", instanceId: "i-1", region: "ap-south-1", sshPort: 22, url: "" },
    ...{ sshPrivateKey: "KEY", sshKnownHosts: "h", sshCommand: "ssh x" },
    content: facts().stack.content,
    gitToken: { fingerprint: "abc", validUntil: "", access: "sealed" },
  };

  it("is what outputs and configuration say", () => {
    const { facts: known, configured } = stackFacts("dev", outputs, config);
    assert.deepEqual(known.domains, ["hub.example.org", "b.example.org"]);
    assert.equal(known.profile, "work");
    assert.match(known.configuredToken ?? "", /^[0-9a-f]{12}$/);
    assert.equal(configured.gitToken, "s3cret");
  });

  it("has the token in the script that looks at it, and nowhere else", () => {
    const { facts: known, configured } = stackFacts("dev", outputs, config);
    const values = doctorValues(known, configured, 6);
    const programs = values["PROGRAMS"] as Record<string, string>;
    const withToken = Object.keys(programs).filter((name) => programs[name]?.includes("s3cret"));
    assert.deepEqual(withToken, ["git.sh"]);
    assert.match(programs["content.sh"] ?? "", /ACTION='?look/);
    assert.deepEqual(values["REPOSITORIES"], ["https://github.com/river-lab/gw"]);
    assert.ok("doctor.py" in programs);
  });
});

describe("doctor: the logs", () => {
  /** What the server's program makes of lines of the journal. */
  function chosen(pattern: "HUB" | "PROXY" | "CERTIFICATE", ...messages: (string | number[])[]) {
    const code = [
      "import json, sys",
      `sys.path.insert(0, ${JSON.stringify(PROGRAMS)})`,
      "import journal",
      `print(json.dumps(journal.chosen(sys.stdin.read().splitlines(), journal.${pattern})))`,
    ].join("\n");
    const lines = messages.map((MESSAGE, index) =>
      JSON.stringify({ MESSAGE, __REALTIME_TIMESTAMP: `${(1000 + index) * 1_000_000}` }),
    );
    const printed = execFileSync("python3", ["-I", "-B", "-c", code], {
      input: lines.join("\n"),
      encoding: "utf8",
    });
    return JSON.parse(printed) as { count: number; last: { when: number; text: string }[] };
  }

  it("give the complaints, the last three with their time", () => {
    const hub = (level: string, text: string) =>
      `[${level} 2026-11-25 20:00:00.1 JupyterHub app:1] ${text}`;
    const found = chosen(
      "HUB",
      hub("I", "all is well"),
      ...[1, 2, 3, 4].map((number) => hub("E", `bad ${number}`)),
      hub("W", "hm"),
      hub("C", "Received signal SIGTERM, initiating shutdown..."),
    );
    assert.equal(found.count, 4);
    assert.deepEqual(
      found.last.map(({ when, text }) => [when, text.slice(-5)]),
      [
        [1002, "bad 2"],
        [1003, "bad 3"],
        [1004, "bad 4"],
      ],
    );
    assert.equal(
      chosen("PROXY", "2026-11-25T20:00:00Z ERR no", "\x1b[31mERR\x1b[0m no", "INF").count,
      2,
    );
    assert.equal(
      chosen("CERTIFICATE", "ERR Unable to obtain ACME certificate for domains").count,
      1,
    );
    assert.equal(
      chosen("PROXY", [69, 82, 82, 32, 255, 10, 27]).last[0]?.text.startsWith("ERR"),
      true,
    );
  });

  it("do not give a secret away", () => {
    const secrets = [
      "ghp_abcdefghij0123456789abcdefghij",
      "github_pat_11ABCDEFG0abcdefghij_abc",
      "0123456789abcdef0123456789abcdef0123",
      "hunter2",
      "dXNlcjpwYXNz",
    ];
    const [ghp, pat, hex, password, basic] = secrets;
    const found = chosen(
      "HUB",
      `[E x] clone of https://user:${password}@github.com/o/r with ${ghp}`,
      `[E x] GET /?token=${password}&x=1 password: ${password}, Authorization: Basic ${basic}`,
      `[E x] ${pat} and session ${hex}; headers {'Authorization': 'token ${password}'}`,
    );
    assert.equal(found.count, 3);
    const text = found.last.map((one) => one.text).join("\n");
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`);
    assert.match(text, /\[secret\]@github\.com\/o\/r/);
  });
});

describe("doctor: the guide's lists", () => {
  it("have a row for each entry, and README says which", () => {
    for (const { entry, rows } of GUIDE) {
      assert.ok(rows.length > 0, entry);
      for (const id of rows) assert.ok(ROW_IDS.includes(id), `${entry}: ${id}`);
    }
    const readme = fs.readFileSync(path.join(__dirname, "../../README.md"), "utf8");
    assert.ok(readme.includes(guideTable()), `README.md lacks:\n${guideTable()}`);
  });

  it("have all that the guide names", () => {
    const count = (list: string) => GUIDE.filter((one) => one.list === list).length;
    assert.deepEqual(
      ["SSH", "HTTPS certificate", "Package installation", "Private repositories"].map(count),
      [3, 3, 3, 5],
    );
  });
});
