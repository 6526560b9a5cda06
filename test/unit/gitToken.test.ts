import assert from "node:assert/strict";
import { formatProblem } from "../../components/text";
import {
  dayOf,
  expiryOf,
  expiryProblem,
  tokenWarnings,
  trialProblem,
  trialProblems,
  type ExpiryArgs,
} from "../../providers/gitToken";

const PLACE = { host: "github.com", stack: "workshop" };
const REPOSITORY = "river-lab/groundwater-course";

function expiry(
  change: Partial<ExpiryArgs> & { expiration?: string; scopes?: string },
): ExpiryArgs {
  const { expiration = "", scopes = "" } = change;
  return {
    told: { expiration, scopes },
    configured: "",
    lastDay: "",
    first: true,
    today: "2026-11-25",
    place: PLACE,
    ...change,
  };
}

describe("what the host says of a token", () => {
  const answers: [number, string, RegExp, RegExp][] = [
    [
      401,
      "Bad credentials",
      /refuses the token: .*expired or revoked/,
      /config set --secret gitToken/,
    ],
    [403, "SAML SSO", /an approval is missing/, /have it approved \(https:\/\/github\.com\//],
    [
      404,
      "Repository not found.",
      /does not exist .*or the token may not read it/,
      /check the name/,
    ],
    [301, "https://github.com/x/y", /has moved/, /config set --path 'content/],
    [0, "Could not resolve host", /cannot reach github\.com/, /pulumi up, in some minutes/],
    [500, "", /does not answer as a git server should/, /pulumi up/],
  ];
  for (const [status, said, wrong, mend] of answers) {
    it(`${status} names the repository, what was answered, and what to do`, () => {
      const problem = trialProblem({ repository: REPOSITORY, status, said }, PLACE);
      assert.match(problem.wrong, wrong);
      assert.match(problem.mend, mend);
      assert.ok(formatProblem(problem).includes(REPOSITORY));
      assert.ok(formatProblem(problem).includes(said));
    });
  }

  it("says once that a token is not valid, however many repositories there are", () => {
    const trials = ["a/b", "a/c"].map((repository) => ({ repository, status: 401, said: "" }));
    assert.equal(trialProblems(trials, PLACE).length, 1);
  });

  it("names each repository that it lets nobody read, and none that it does", () => {
    const statuses = { "a/b": 404, "a/c": 200, "a/d": 403 };
    const trials = Object.entries(statuses).map(([repository, status]) => ({
      repository,
      status,
      said: "",
    }));
    const received = trialProblems(trials, PLACE).map((problem) => problem.received);
    assert.deepEqual(received, ["a/b: 404", "a/d: 403"]);
  });
});

describe("the end of a token", () => {
  const times: [string, string | undefined][] = [
    ["2026-12-24 17:03:00 UTC", "2026-12-24"],
    ["2026-12-24 23:30:00 -0800", "2026-12-25"],
    ["2026-12-24T01:00:00+05:00", "2026-12-23"],
    ["2026-12-24T17:03:00Z", "2026-12-24"],
    ["next week", undefined],
    ["", undefined],
  ];
  for (const [text, day] of times) {
    it(`${text || "nothing"} is ${day ?? "no day"}`, () => assert.equal(dayOf(text), day));
  }

  it("is what the host says, though the configuration says otherwise", () => {
    const told = { expiration: "2027-01-31 00:00:00 UTC", scopes: "" };
    assert.deepEqual(expiryOf({ told, configured: "2026-12-01" }), {
      expires: "2027-01-31",
      from: "host",
    });
  });

  it("is refused when the host says an earlier one than configured; the command has its date", () => {
    const problem = expiryProblem(
      expiry({ expiration: "2026-12-10 00:00:00 UTC", configured: "2026-12-31" }),
    );
    assert.match(
      problem?.mend ?? "",
      /pulumi config set gitTokenExpires 2026-12-10, then: pulumi up/,
    );
  });

  it("must be 7 days after the last day, for the first token", () => {
    const lastDay = "2026-12-17";
    const ends = (day: string) => expiry({ expiration: `${day} 12:00:00 UTC`, lastDay });
    assert.match(formatProblem(expiryProblem(ends("2026-12-23")) ?? assert.fail()), /2026-12-24/);
    assert.equal(expiryProblem(ends("2026-12-24")), undefined);
  });

  it("keeps nobody from setting a new token, however short it is", () => {
    const short = expiry({
      expiration: "2026-12-01 12:00:00 UTC",
      lastDay: "2026-12-17",
      first: false,
    });
    assert.equal(expiryProblem(short), undefined);
    assert.match(tokenWarnings(short).join(), /expires on 2026-12-01, before the last day/);
  });

  it("that was configured for the token before keeps nobody from setting a new one", () => {
    const left = expiry({ configured: "2026-11-01", first: false });
    assert.equal(expiryProblem(left), undefined);
    assert.match(tokenWarnings(left).join(), /gitTokenExpires is 2026-11-01, which is past/);
  });

  it("that nobody knows is no problem", () => {
    const unknown = expiry({ lastDay: "2026-12-17" });
    assert.equal(expiryProblem(unknown), undefined);
    assert.deepEqual(tokenWarnings(unknown), []);
  });
});

describe("a classic token", () => {
  it("with scope repo is warned of, with what is better", () => {
    const warnings = tokenWarnings(expiry({ scopes: "gist, repo" }));
    assert.match(warnings.join(), /classic token with scope `repo`.*fine-grained/);
  });

  it("without it is not", () => {
    assert.deepEqual(tokenWarnings(expiry({ scopes: "public_repo, repo:status" })), []);
  });
});
