import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { parse } from "yaml";
import { CONFIG_KEYS, parseSettings } from "../../components/config";
import { formatProblems, nearest } from "../../components/text";
import { CONFIG } from "./program/run";

const PROJECT = "tljh-workshop";
const ROOT = path.join(__dirname, "../..");

function problemsOf(changes: Record<string, string | undefined>, stack = "test"): string[] {
  const raw = Object.fromEntries(
    Object.entries({ ...CONFIG, ...changes }).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      value,
    ]),
  );
  const { problems } = parseSettings(raw, PROJECT, stack);
  return problems.map((problem) => formatProblems("", [problem]));
}

function onlyProblem(changes: Record<string, string | undefined>, stack?: string): string {
  const problems = problemsOf(changes, stack);
  assert.equal(problems.length, 1, problems.join("\n"));
  return problems[0] ?? "";
}

describe("configuration", () => {
  it("has no problem when it is complete", () => {
    assert.deepEqual(problemsOf({}), []);
  });

  it("takes limits of participants' servers, and refuses what means none", () => {
    for (const [key, value] of [
      ["memoryGiB", "0.5"],
      ["memoryGiB", "1.25"],
      ["cpus", "2"],
      ["idleTimeoutMinutes", "0"],
      ["idleTimeoutMinutes", "10"],
    ] as const) {
      assert.deepEqual(problemsOf({ [key]: value }), [], `${key} ${value}`);
    }
    for (const [key, value] of [
      ["memoryGiB", "0.25"],
      ["memoryGiB", "1,5"],
      ["memoryGiB", "1G"],
      ["cpus", "0"],
      ["cpus", "1.5"],
      ["idleTimeoutMinutes", "9"],
      ["idleTimeoutMinutes", "-1"],
      ["idleTimeoutMinutes", "soon"],
    ] as const) {
      const text = onlyProblem({ [key]: value });
      assert.match(text, new RegExp(`${key} (.|\n)*received: ${value}\n(.|\n)*config set ${key} `));
    }
  });

  it("reports all problems at once, each with what is allowed and the command that mends it", () => {
    const problems = problemsOf({
      instanceType: "xlarge",
      diskGiB: "2",
      cpuCredits: "unlimted",
      admins: "[]",
      "tljh-workshop:adnims": "[]",
    });
    assert.equal(problems.length, 5);
    for (const problem of problems) {
      assert.match(problem, /\n +received: .+\n +allowed: .+\n +mend: +pulumi config (set|rm) /);
    }
    assert.match(problems[2] ?? "", /mend: +pulumi config set cpuCredits unlimited/);
    assert.match(problems[4] ?? "", /admins is meant\?\n +received: adnims/);
  });

  const refused: [string, Record<string, string | undefined>, RegExp][] = [
    ["a range that is none", { sshCidrs: '["300.0.0.0/8"]' }, /not an IPv4 range[^]*sshCidrs\[0\]/],
    [
      "an address without a prefix",
      { sshCidrs: '["203.0.113.7"]' },
      /mend: +pulumi config set --path '[^']*sshCidrs\[0\]' 203\.0\.113\.7\/32$/m,
    ],
    [
      "a key that is misspelt, whose value is kept",
      { instanceTyp: "t3.large" },
      /mend: +pulumi config set instanceType t3\.large && pulumi config rm instanceTyp$/m,
    ],
    [
      "a misspelt token, which is not shown",
      { gitTokn: "ghp_0123456789" },
      /gitToken is meant[^]*mend: +pulumi config rm gitTokn$/m,
    ],
    [
      "a misspelt field of content, whose value is kept",
      { content: '[{"repo":"hydro/gw","brnch":"week 1"}]' },
      /branch is meant[^]*set --path 'content\[0\]\.branch' 'week 1' && pulumi config rm --path 'content\[0\]\.brnch'$/m,
    ],
    [
      "a domain as a browser shows it",
      { domain: "https://Hub.Example.org/hub/login", dnsZone: "example.org" },
      /mend: +pulumi config set domain hub\.example\.org$/m,
    ],
    [
      "a range that starts elsewhere",
      { sshCidrs: '["10.0.0.7/8"]' },
      /starts at 10\.0\.0\.0, write 10\.0\.0\.0\/8/,
    ],
    [
      "an administrator whom Linux refuses",
      { admins: '["Nicolas Lazaro"]' },
      /admins\[0\]' nicolas-lazaro/,
    ],
    [
      "an administrator who is too long",
      { admins: JSON.stringify(["a".repeat(25)]) },
      /1 to 24 characters/,
    ],
    ["an administrator twice", { admins: '["tea", "tea"]' }, /names somebody twice/],
    ["a helper who is an administrator", { helpers: '["nicolas"]' }, /who is an administrator too/],
    ["too many participants", { participants: "501" }, /a whole number from 0 to 500/],
    ["a kind that is none", { kind: "acount" }, /kind is not one[^]*set kind account/],
    [
      "the same name twice on a certificate",
      { domain: "a.example.org", extraDomains: '["b.example.org", "a.example.org"]' },
      /extraDomains has a name twice[^]*extraDomains\[1\]/,
    ],
    [
      "more names without a first one",
      { extraDomains: '["b.example.org"]' },
      /extraDomains is set, but domain is not/,
    ],
    [
      "a zone that the domain is not in",
      { domain: "jupyter.example.org", dnsZone: "ample.org" },
      /not a name of dnsZone[^]*domain jupyter\.ample\.org/,
    ],
    ["a zone that is none", { domain: "a.example.org", dnsZone: "Z123" }, /not the name of a zone/],
    [
      "a domain without an address for the issuer",
      { domain: "jupyter.example.org", acmeEmail: undefined },
      /acmeEmail is not set[^]*set acmeEmail/,
    ],
    ["an e-mail address that is none", { acmeEmail: "it" }, /not an e-mail address/],
    [
      "a name server by name",
      { dnsResolvers: '["127.0.0.1:5353", "ns1.example.org"]' },
      /not the address of a name server[^]*dnsResolvers\[1\]/,
    ],
    ["a port that is none", { dnsResolvers: '["192.0.2.53:70000"]' }, /192\.0\.2\.53:70000/],
    [
      "an ACME server over http",
      { acmeServer: "http://acme.test/" },
      /https address of a directory/,
    ],
    [
      "an authority that is no certificate",
      {
        acmeServer: "https://acme.test/dir",
        acmeCa: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      },
      /acmeCa has no certificate[^]*a text of \d+ characters/,
    ],
    ["a list that is a text", { admins: "nicolas" }, /admins is not a list of texts/],
    ["a region that is none", { "aws:region": "mumbai" }, /not an AWS region[^]*ap-south-1/],
    ["no region", { "aws:region": undefined }, /received: nothing/],
    ["a number that is none", { dnsTtl: "1h" }, /dnsTtl is not a whole number[^]*dnsTtl 3600/],
    ["a branch as version", { tljhVersion: "main" }, /a branch is not pinned/],
    ["a checksum that is none", { bootstrapSha256: "abc" }, /64 hexadecimal digits/],
    ["an address that is none", { bootstrapUrl: "bootstrap.py" }, /not a web address/],
    [
      "a domain with a scheme",
      { domain: "https://jupyter.example.org" },
      /not a name that a DNS record/,
    ],
    ["an Elastic IP by its address", { elasticIp: "13.204.188.29" }, /eipalloc-…/],
    ["a name that AWS refuses", { name: "Zarafshan!" }, /2 to 32 lower-case/],
  ];
  for (const [what, change, text] of refused) {
    it(`refuses ${what}`, () => {
      assert.match(onlyProblem(change), text);
    });
  }

  it("takes the stack's name as prefix, and refuses one that cannot be it", () => {
    assert.match(onlyProblem({}, "Workshop_2026"), /received: Workshop_2026/);
  });

  it("fills the version into the bootstrap's address, and makes the checksum lower case", () => {
    const raw = Object.fromEntries(
      Object.entries({ ...CONFIG, bootstrapSha256: "AB".repeat(32) }).map(([key, value]) => [
        key.includes(":") ? key : `${PROJECT}:${key}`,
        value,
      ]),
    );
    const { settings } = parseSettings(raw, PROJECT, "test");
    assert.equal(settings.bootstrapUrl, "https://example.org/2.0.0/bootstrap.py");
    assert.equal(settings.bootstrapSha256, "ab".repeat(32));
  });

  it("refuses a token that is not encrypted, or that cannot be one, without repeating it", () => {
    const plain = onlyProblem({ gitToken: "ghp_abcdef" });
    assert.match(plain, /not encrypted .*\n +received: a text of 10 characters/);
    assert.match(plain, /mend: +pulumi config set --secret gitToken/);
    assert.doesNotMatch(plain, /ghp_abcdef/);
    const pasted = onlyProblem({ gitToken: "ghp_abcdef\n" });
    assert.match(pasted, /line break/);
    assert.doesNotMatch(pasted, /ghp_abcdef/);
  });

  it("takes an encrypted one, and knows GitHub's API and no other's", () => {
    const raw = {
      ...Object.fromEntries(
        Object.entries(CONFIG).map(([key, value]) => [
          key.includes(":") ? key : `${PROJECT}:${key}`,
          value,
        ]),
      ),
      [`${PROJECT}:gitToken`]: "ghp_abcdef",
    };
    const github = parseSettings(raw, PROJECT, "test", [`${PROJECT}:gitToken`]);
    assert.deepEqual(github.problems, []);
    assert.equal(github.settings.gitToken, "ghp_abcdef");
    assert.equal(github.settings.gitApi, "https://api.github.com");
    const other = { ...raw, [`${PROJECT}:gitHost`]: "git.example.org:8443" };
    assert.equal(parseSettings(other, PROJECT, "test").settings.gitApi, undefined);
  });

  it("refuses days that are not in the calendar, and hosts that are addresses", () => {
    assert.match(onlyProblem({ lastDay: "2026-02-30" }), /lastDay is not a day/);
    // A day without quotes in the stack's file, as YAML reads it.
    assert.deepEqual(problemsOf({ lastDay: "2026-12-17T00:00:00Z" }), []);
    assert.match(onlyProblem({ gitTokenExpires: "24.12.2026" }), /year first/);
    assert.match(onlyProblem({ gitHost: "https://github.com/" }), /without https:\/\//);
  });

  it("wants a last day, or none said aloud", () => {
    assert.match(
      onlyProblem({ lastDay: "" }),
      /lastDay is not set[^]*received: nothing[^]*or none, and it runs[^]*mend: +pulumi config set lastDay/,
    );
    assert.deepEqual(problemsOf({ lastDay: "none" }), []);
  });

  const COURSE = { firstDay: "2026-12-14", lastDay: "2026-12-17", timeZone: "Asia/Almaty" };
  const days: [string, Record<string, string>, RegExp][] = [
    ["an end before the beginning", { lastDay: "2026-12-01" }, /lastDay is before firstDay/],
    ["a course of years", { lastDay: "2028-12-01" }, /more than a year after firstDay/],
    ["a zone that is none", { timeZone: "Almaty" }, /not a time zone[^]*received: Almaty/],
    ["a zone in small letters", { timeZone: "asia/almaty" }, /set timeZone Asia\/Almaty/],
    ["an offset", { timeZone: "+05:00" }, /not a time zone/],
    ["half a night", { nightStop: "22:00" }, /nightStop does not say[^]*22:00-06:00, or off/],
    ["a night of no time", { nightStop: "22:00-22:00" }, /nightStop does not say/],
    ["hours that are none", { nightStop: "25:00-06:00" }, /nightStop does not say/],
    ["a word", { nightStop: "on" }, /nightStop does not say/],
    [
      "a morning that clocks skip",
      { nightStop: "22:00-02:30", timeZone: "Europe/Berlin" },
      /clocks skip once a year[^]*received: 02:30 in Europe\/Berlin/,
    ],
    ["nights without a first day", { nightStop: "22:00-06:00", firstDay: "" }, /firstDay is not/],
    ["too many days", { stopAfterDays: "61" }, /stopAfterDays is out of range/],
    ["a role that is none", { schedulerRole: "my role" }, /schedulerRole is not the name/],
  ];
  for (const [what, changes, text] of days) {
    it(`refuses ${what}`, () => assert.match(onlyProblem({ ...COURSE, ...changes }), text));
  }

  it("takes the days of a course", () => {
    assert.deepEqual(problemsOf({ ...COURSE, nightStop: "22:00-06:00" }), []);
    assert.deepEqual(problemsOf({ ...COURSE, timeZone: "Asia/Calcutta" }), []);
  });

  it("never throws, whatever is in it", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...CONFIG_KEYS), fc.string()), (changes) => {
        for (const problem of problemsOf(changes)) assert.match(problem, /mend:/);
      }),
    );
  });

  it("is declared in Pulumi.yaml key by key, each with its description and default", () => {
    const file = parse(fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, { description?: string; default?: unknown }>;
    };
    assert.deepEqual(Object.keys(file.config), [...CONFIG_KEYS]);
    for (const [key, { description, default: value }] of Object.entries(file.config)) {
      assert.ok(description && value !== undefined, key);
    }
  });
});

describe("the nearest allowed word", () => {
  it("is the one with few letters off, or none", () => {
    assert.equal(nearest("instanceTpye", CONFIG_KEYS), "instanceType");
    assert.equal(nearest("zzzzzz", CONFIG_KEYS), undefined);
  });
});
