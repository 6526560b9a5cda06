import assert from "node:assert/strict";
import { parseSettings } from "../../components/config";
import { parsePreflightArguments } from "../../scripts/preflightArguments";
import {
  isStandard,
  itText,
  quotaRow,
  redRow,
  reportOf,
  reportText,
  wayRow,
} from "../../scripts/preflightText";
import { CONFIG } from "./program/run";

function settings(changes: Record<string, string> = {}) {
  const raw = Object.fromEntries(
    Object.entries({ ...CONFIG, ...changes }).map(([key, value]) => [
      key.includes(":") ? key : `tljh-workshop:${key}`,
      value,
    ]),
  );
  return parseSettings(raw, "tljh-workshop", "test").settings;
}

describe("what preflight says of quotas", () => {
  const use = { check: "quota of vCPUs", what: "vCPUs", code: "L-1216C47A", quota: 8 };

  it("is green up to the last one", () => {
    const row = quotaRow({ ...use, used: 4, more: 4 }, "");
    assert.deepEqual([row.state, row.found], ["green", "4 of 8 vCPUs in use, 4 more needed"]);
    assert.equal(row.mend, undefined);
  });

  it("is red beyond it, with the request for just as many as are needed", () => {
    const row = quotaRow({ ...use, used: 6, more: 4 }, " --region ap-south-1 --profile work");
    assert.equal(row.state, "red");
    assert.match(
      row.mend ?? "",
      /^aws service-quotas request-service-quota-increase .* L-1216C47A --desired-value 10 --region ap-south-1 --profile work/,
    );
  });

  it("is about the families that the quota is about", () => {
    const standard = [
      "t3.xlarge",
      "t3a.large",
      "m5.4xlarge",
      "m7i-flex.large",
      "c6a.large",
      "r6i.large",
    ];
    for (const type of standard) assert.ok(isStandard(type), type);
    for (const type of [
      "g5.xlarge",
      "p3.2xlarge",
      "x2idn.16xlarge",
      "inf1.xlarge",
      "u-6tb1.metal",
      "hpc6a.48xlarge",
      "trn1.2xlarge",
      "dl1.24xlarge",
    ]) {
      assert.ok(!isStandard(type), type);
    }
  });
});

describe("what preflight says of the way out", () => {
  const way = (port: number, isOpen: boolean) => ({ port, host: "example.org", isOpen });

  it("is green when the configured port is open", () => {
    assert.equal(wayRow([way(22, true), way(993, false)], 22).state, "green");
  });

  it("names the other port, or another network", () => {
    const closed = wayRow([way(22, false), way(993, true)], 22);
    assert.deepEqual([closed.state, closed.mend], ["red", "pulumi config set sshPort 993"]);
    assert.match(closed.found, /port 22 does not answer .*, port 993 is open/);
    assert.equal(
      wayRow([way(22, true), way(993, false)], 993).mend,
      "pulumi config set sshPort 22",
    );
    assert.match(wayRow([way(22, false), way(993, false)], 22).mend ?? "", /^another network/);
  });
});

describe("the text for IT", () => {
  it("has the record once the address is known, and says where it comes from before", () => {
    const named = settings({ domain: "jupyter.river-lab.org" });
    assert.match(
      itText(named, "203.0.113.8").join("\n"),
      /jupyter\.river-lab\.org\. 3600 IN A 203\.0\.113\.8/,
    );
    assert.match(
      itText(named, undefined).join("\n"),
      /IN A \(the address that the first pulumi up prints\)/,
    );
    assert.match(itText(named, undefined).join("\n"), /TCP 443 and 80 to jupyter\.river-lab\.org/);
  });

  it("asks for nothing that is done by itself, and for the port that is configured", () => {
    const own = settings({
      domain: "jupyter.river-lab.org",
      dnsZone: "river-lab.org",
      sshPort: "993",
    });
    const text = itText(own, undefined).join("\n");
    assert.match(text, /DNS record: none to make, Route 53 has the zone/);
    assert.match(text, /TCP 993 \(SSH\)/);
    assert.match(itText(settings(), undefined).join("\n"), /no domain is configured/);
  });
});

describe("the report", () => {
  const problem = { wrong: "Bad", received: "x", allowed: "y", mend: "pulumi config set a b" };

  it("is not ready with anything red, and its commands name the stack", () => {
    const report = reportOf("test", [redRow("type", problem)], ["one"]);
    assert.equal(report.ready, false);
    const text = reportText(report);
    assert.match(
      text,
      /✖ type {2}Bad: x\n +allowed: y\n +mend: pulumi config --stack test set a b\n/,
    );
    assert.match(text, /For IT:\n {2}one\n\nNot ready: 1 red$/);
  });

  it("is ready with what is only to be looked at", () => {
    const rows = [{ check: "size", state: "yellow" as const, found: "small", mend: "more" }];
    assert.match(
      reportText(reportOf("test", rows, [])),
      /Ready for: pulumi up --stack test, with 1 to look at/,
    );
  });
});

describe("preflight's arguments", () => {
  it("try public hosts unless others are named", () => {
    const hosts = (args: string[]) =>
      parsePreflightArguments(args).probes.map(({ host, at }) => `${host}:${at}`);
    assert.deepEqual(hosts([]), ["github.com:22", "imap.gmail.com:993"]);
    assert.deepEqual(hosts(["--probe", "22=127.0.0.1:2222"]), [
      "127.0.0.1:2222",
      "imap.gmail.com:993",
    ]);
    assert.deepEqual(hosts(["--probe", "993=example.org"]), ["github.com:22", "example.org:993"]);
    assert.deepEqual(parsePreflightArguments(["--json", "-s", "x"]).stack, "x");
  });

  it("are refused when they mean nothing", () => {
    for (const args of [
      ["x"],
      ["--probe", "80=a"],
      ["--probe", "22"],
      ["--jsn"],
      ["--probe", "22=a:99999"],
    ]) {
      assert.throws(
        () => parsePreflightArguments(args),
        /mend: {5}npm run preflight/,
        args.join(" "),
      );
    }
  });
});
