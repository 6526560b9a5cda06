/** What answers of name servers mean for a certificate. */
import assert from "node:assert/strict";
import { formatProblem } from "../../components/text";
import { nameProblem, type NameAnswers, type ServerAnswer } from "../../providers/dnsFindings";

const HERE = "203.0.113.10";
const NAME = "jupyter.example.org";

function server(answer: Partial<ServerAnswer> = {}, name = "ns1.example.org"): ServerAnswer {
  return { server: name, a: [HERE], aaaa: [], ...answer };
}

function problemOf(answers: Partial<NameAnswers>, isManaged = false) {
  const record = `${NAME}. 3600 IN A ${HERE}`;
  const wanted = { address: HERE, issuer: "letsencrypt.org", record, isManaged };
  return nameProblem({ name: NAME, servers: [server()], ...answers }, wanted);
}

function text(answers: Partial<NameAnswers>): string {
  const problem = problemOf(answers);
  assert.ok(problem);
  return formatProblem(problem);
}

describe("a name that shall have a certificate", () => {
  it("is ready when every name server says the server's address and no other", () => {
    assert.equal(problemOf({ servers: [server(), server({}, "ns2.example.org")] }), undefined);
  });

  const refused: [string, Partial<NameAnswers>, RegExp[]][] = [
    [
      "does not exist",
      { servers: [server({ a: [] })] },
      [
        /does not exist yet/,
        /received: ns1\.example\.org: no address/,
        /mend: .*jupyter\.example\.org\. 3600 IN A 203\.0\.113\.10; then pulumi up/,
      ],
    ],
    [
      "points elsewhere",
      { servers: [server({ a: ["192.0.2.1"] })] },
      [/points elsewhere/, /192\.0\.2\.1/],
    ],
    [
      "points elsewhere, too",
      { servers: [server({ a: [HERE, "192.0.2.1"] })] },
      [/points elsewhere/, /allowed: +203\.0\.113\.10 and nothing else/],
    ],
    [
      "is known by one name server only",
      { servers: [server(), server({ a: [] }, "ns2.example.org")] },
      [/name servers disagree/, /ns2\.example\.org: no address/, /in some minutes/],
    ],
    [
      "has a foreign IPv6 address",
      { servers: [server({ aaaa: ["2001:db8::1"] })] },
      [/IPv6/, /2001:db8::1/, /remove the AAAA record/],
    ],
    [
      "has nothing but a foreign IPv6 address",
      { servers: [server({ a: [], aaaa: ["2001:db8::1"] })] },
      [/has an IPv6 address/],
    ],
    [
      "may not have this issuer's certificate",
      { caa: { at: "example.org", issue: ["digicert.com"] } },
      [
        /CAA record forbids/,
        /example\.org CAA issue "digicert\.com"/,
        /CAA 0 issue "letsencrypt\.org"/,
      ],
    ],
    ["may have nobody's certificate", { caa: { at: NAME, issue: [";"] } }, [/CAA record forbids/]],
    [
      "may have one by another challenge only",
      { caa: { at: NAME, issue: ["letsencrypt.org; validationmethods=dns-01,http-01"] } },
      [/CAA record forbids/, /tls-alpn-01/],
    ],
    [
      "is answered by nobody",
      { servers: [server({ a: [], error: "ETIMEOUT" })] },
      [/cannot be judged/, /ns1\.example\.org: ETIMEOUT/, /dnsResolvers/],
    ],
    [
      "has no zone that is known",
      { servers: [], error: "ECONNREFUSED" },
      [/cannot be judged/, /ECONNREFUSED/],
    ],
  ];
  for (const [title, answers, words] of refused) {
    it(`is not ready when it ${title}`, () => {
      const said = text(answers);
      for (const word of words) assert.match(said, word);
    });
  }

  it("is ready though one of its name servers is silent", () => {
    const servers = [server(), server({ a: [], error: "ETIMEOUT" }, "ns2.example.org")];
    assert.equal(problemOf({ servers }), undefined);
  });

  const allowed: [string, string[]][] = [
    ["the issuer", ["letsencrypt.org"]],
    ["the issuer, among others", ["digicert.com", "letsencrypt.org"]],
    ["the issuer with this challenge", ["letsencrypt.org; validationmethods=http-01,tls-alpn-01"]],
    ["the issuer with an account", ["LetsEncrypt.org;accounturi=https://example.org/1"]],
  ];
  for (const [title, issue] of allowed) {
    it(`is ready when CAA allows ${title}`, () => {
      assert.equal(problemOf({ caa: { at: NAME, issue } }), undefined);
    });
  }

  it("may become ready by waiting when Pulumi has just made its record, but not past CAA", () => {
    assert.equal(problemOf({ servers: [server({ a: [] })] }, true)?.mayPass, true);
    assert.equal(problemOf({ caa: { at: NAME, issue: [] } }, true)?.mayPass, false);
  });

  it("sends nobody to IT for a record that Pulumi makes", () => {
    const problem = problemOf({ servers: [server({ a: [] })] }, true);
    assert.match(problem?.mend ?? "", /^pulumi up --refresh/);
  });
});
