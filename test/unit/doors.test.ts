import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDoorsArguments } from "../../scripts/doorsArguments";
import { doorsOf, isLetIn, listText, wantedSources } from "../../scripts/doorsText";

const parse = (line: string) => parseDoorsArguments(line.split(" ").filter((word) => word !== ""));

describe("npm run doors", () => {
  const understood: [string, object][] = [
    ["list", { do: "list" }],
    ["open", { do: "open", source: "me" }],
    ["open me -s spring", { do: "open", source: "me", stack: "spring" }],
    ["open 203.0.113.0/24", { do: "open", source: "203.0.113.0/24" }],
    ["open 203.0.113.7 --for 1h30m", { do: "open", source: "203.0.113.7/32", forMinutes: 90 }],
    ["open --for 45m", { do: "open", source: "me", forMinutes: 45 }],
    ["close", { do: "close" }],
    ["close 203.0.113.7", { do: "close", source: "203.0.113.7/32" }],
  ];
  for (const [line, request] of understood) {
    it(`understands ${line}`, () => assert.deepEqual(parse(line), request));
  }

  const refused: [string, RegExp][] = [
    ["", /What to do is missing[^]*mend: +npm run doors -- list/],
    ["opne", /does not know the word opne[^]*npm run doors -- open/],
    ["open 203.0.113.7/24", /the range starts at 203\.0\.113\.0[^]*received: 203\.0\.113\.7\/24/],
    ["open 2001:db8::/32", /not an IPv4 range/],
    ["open me you", /words too many[^]*received: you/],
    ["list me", /words too many/],
    ["close --for 2h", /Only what is opened has a time/],
    ["open --for 2", /no time from a minute to a day[^]*received: 2\n/],
    ["open --for 25h", /no time/],
    ["open --for 0m", /no time/],
    ["open --four 2h", /--four cannot be used so[^]*npm run doors -- open --for 2h$/],
  ];
  for (const [line, text] of refused) {
    it(`refuses ${line === "" ? "nothing" : line}`, () => assert.throws(() => parse(line), text));
  }

  const sources: [string, string[], string[]][] = [
    ["list", ["me"], ["me"]],
    ["open", ["203.0.113.0/24"], ["203.0.113.0/24", "me"]],
    ["open", ["me"], ["me"]],
    ["close", ["me", "203.0.113.0/24"], []],
    ["close me", ["me", "203.0.113.0/24"], ["203.0.113.0/24"]],
    ["close me", ["me"], []],
  ];
  for (const [line, now, wanted] of sources) {
    it(`${line}: ${now.join(", ")} becomes ${wanted.join(", ") || "nobody"}`, () => {
      assert.deepEqual(wantedSources(now, parse(line)), wanted);
    });
  }

  it("closes nothing that is not open, and opens for a time nothing that is open for good", () => {
    assert.throws(
      () => wantedSources(["me"], parse("close 203.0.113.7")),
      /203\.0\.113\.7\/32 is not in sshCidrs[^]*received: sshCidrs: me\n/,
    );
    assert.throws(() => wantedSources(["me"], parse("open --for 2h")), /me is open for good/);
  });

  it("closes what it has opened, whatever was open before", () => {
    const range = fc.tuple(fc.ipV4(), fc.constant("32")).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(range), range, (before, one) => {
        fc.pre(!before.includes(one));
        const opened = wantedSources(before, { do: "open", source: one });
        assert.deepEqual(wantedSources(opened, { do: "close", source: one }), before);
      }),
    );
  });

  const rule = (name: string, cidrIpv4: string, fromPort: number, more = {}) => ({
    urn: `urn:pulumi:spring::tljh-workshop::tljh:index:Network$aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::${name}`,
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    inputs: { cidrIpv4, fromPort, toPort: fromPort },
    ...more,
  });
  const doors = doorsOf({
    deployment: {
      resources: [
        { urn: "urn:pulumi:spring::p::aws:ec2/vpc:Vpc::spring-vpc", type: "aws:ec2/vpc:Vpc" },
        rule("my-ssh-course-ssh-me", "198.51.100.7/32", 993),
        rule("my-ssh-course-ssh-203.0.113.0-24", "203.0.113.0/24", 993),
        rule("my-ssh-course-ssh-10.0.0.0-8", "10.0.0.0/8", 993, { delete: true }),
        rule("my-ssh-course-https", "0.0.0.0/0", 443),
      ],
    },
  });

  it("reads the rules from the stack's state", () => {
    assert.deepEqual(doors, [
      { label: "me", cidr: "198.51.100.7/32", port: 993 },
      { label: "203.0.113.0/24", cidr: "203.0.113.0/24", port: 993 },
      { cidr: "0.0.0.0/0", port: 443 },
    ]);
    assert.deepEqual(doorsOf({}), []);
  });

  it("shows who gets in, and whether this computer does", () => {
    const text = listText(doors, "203.0.113.99", 993);
    assert.match(text, /^SSH \(port 993\) is open to:\n {2}198\.51\.100\.7\/32 {2}\(me: /);
    assert.match(text, /\n {2}203\.0\.113\.0\/24\nPort 443 is open to everybody\n/);
    assert.match(text, /This computer \(203\.0\.113\.99\) is let in$/);
    // Everybody may reach the web; that opens SSH to nobody.
    const out = listText(doors, "192.0.2.1", 993);
    assert.match(out, /\(192\.0\.2\.1\) is not let in: npm run doors -- open$/);
    assert.match(
      listText([], undefined, 22),
      /^SSH \(port 22\) is closed to everybody\n.*not known$/,
    );
    assert.equal(isLetIn("198.51.100.8", doors.slice(0, 1)), false);
  });
});
