import { strict as assert } from "node:assert";
import fc from "fast-check";
import { callerOf, decide, isRefusal } from "../../rehearsal/github/access";
import { answerApi, expirationHeader } from "../../rehearsal/github/api";
import { parseHead } from "../../rehearsal/github/backend";
import { makeToken, type Model, type Token, type TokenWish } from "../../rehearsal/github/model";
import { INSTRUCTOR, LISTED } from "../../rehearsal/github/seed";
import { targetOf, withoutTokens } from "../../rehearsal/github/target";

const COURSE = "river-lab/groundwater-course";
const NOW = new Date("2026-11-25T12:00:00Z");

/** Each token by what is special about it; its text is made anew for each run. */
const WISHES = {
  good: {},
  writer: { writes: true },
  "of one repository": { repositories: [COURSE] },
  unapproved: { approved: false },
  revoked: {},
  expired: { days: 1 },
  classic: { classic: true },
  "classic without SSO": { classic: true, approved: false },
  "classic without repo": { classic: true },
  "a participant's": { account: "aisuluu" },
} satisfies Record<string, TokenWish>;
type Kind = keyof typeof WISHES;

const texts = new Map<string, string>();
const tokens = Object.entries(WISHES).map(([kind, wish]): Token => {
  const { text, token } = makeToken(wish, { account: INSTRUCTOR, repositories: LISTED });
  texts.set(kind, text);
  if (kind === "revoked") token.revoked = true;
  if (kind === "expired") token.expires = "2026-11-25T11:59:59.000Z";
  if (kind === "classic without repo") token.scopes = ["gist"];
  return token;
});
const model: Model = {
  repositories: [
    { path: COURSE, isPrivate: true, members: [INSTRUCTOR] },
    { path: "river-lab/field-data", isPrivate: true, members: [INSTRUCTOR] },
    { path: "river-lab/exam", isPrivate: true, members: [INSTRUCTOR] },
    { path: "river-lab/open-data", isPrivate: false, members: [INSTRUCTOR] },
    { path: "aisuluu/notes", isPrivate: false, members: ["aisuluu"] },
  ],
  moved: { "river-lab/hydrology": COURSE },
  tokens,
};

const textOf = (kind: Kind): string => texts.get(kind) ?? "";
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const as = (kind: Kind | undefined) =>
  callerOf(model, kind && basic("x-access-token", textOf(kind)), NOW);

/** What git would get: the repository's path, or status and words. */
function outcome(kind: Kind | undefined, path: string, writes: boolean): string {
  const found = decide(model, as(kind), path, writes);
  return isRefusal(found) ? `${found.status} ${found.body}` : found.path;
}

const WRONG =
  "401 Invalid username or token. Password authentication is not supported for Git operations.";
const NOT_FOUND = "404 Repository not found.";
const SSO = /^403 The 'river-lab' organization has enabled or enforced SAML SSO\./;

describe("the rehearsal's GitHub lets a request of git's pass as GitHub does", () => {
  const OPEN = "river-lab/open-data";
  const NOTES = "aisuluu/notes";
  const reads: [Kind | undefined, string, string | RegExp][] = [
    [undefined, OPEN, OPEN],
    [undefined, COURSE, "401 Repository not found."],
    [undefined, "river-lab/nothing", "401 Repository not found."],
    ["good", COURSE, COURSE],
    ["good", "River-Lab/Groundwater-COURSE", COURSE],
    ["good", "river-lab/exam", NOT_FOUND],
    ["good", "river-lab/nothing", NOT_FOUND],
    ["good", "river-lab/hydrology", `301 Moved to ${COURSE}`],
    [undefined, "river-lab/hydrology", "401 Repository not found."],
    ["of one repository", "river-lab/hydrology", `301 Moved to ${COURSE}`],
    ["of one repository", "river-lab/field-data", NOT_FOUND],
    ["unapproved", COURSE, /^403 The 'river-lab' organization has not approved/],
    ["unapproved", OPEN, OPEN],
    ["revoked", COURSE, WRONG],
    ["revoked", OPEN, WRONG],
    ["expired", COURSE, WRONG],
    ["expired", OPEN, WRONG],
    ["classic", "river-lab/exam", "river-lab/exam"],
    ["classic without SSO", COURSE, SSO],
    ["classic without repo", COURSE, NOT_FOUND],
    ["a participant's", COURSE, NOT_FOUND],
    ["a participant's", OPEN, OPEN],
  ];
  const writes: [Kind | undefined, string, string | RegExp][] = [
    [undefined, OPEN, "401 Repository not found."],
    ["good", COURSE, "403 Write access to repository not granted."],
    ["good", "river-lab/exam", NOT_FOUND],
    ["writer", COURSE, COURSE],
    ["classic", COURSE, COURSE],
    ["revoked", COURSE, WRONG],
    ["a participant's", NOTES, NOTES],
    ["a participant's", OPEN, "403 Permission to river-lab/open-data.git denied to aisuluu."],
    ["a participant's", COURSE, NOT_FOUND],
    ["good", NOTES, "403 Permission to aisuluu/notes.git denied to nicolas."],
  ];
  const check = (doesWrite: boolean) =>
    function ([kind, path, expected]: (typeof reads)[number]): void {
      const who = kind === undefined ? "nobody" : `token ${kind}`;
      it(`${doesWrite ? "push to" : "read of"} ${path} by ${who}`, () => {
        const got = outcome(kind, path, doesWrite);
        if (typeof expected === "string") assert.equal(got, expected);
        else assert.match(got, expected);
      });
    };
  reads.forEach(check(false));
  writes.forEach(check(true));
});

describe("the rehearsal's GitHub: a renamed repository", () => {
  it("loses its former name to a new one of that name", () => {
    const repository = { path: "river-lab/hydrology", isPrivate: false, members: [INSTRUCTOR] };
    const later = { ...model, repositories: [...model.repositories, repository] };
    assert.equal(decide(later, as(undefined), "river-lab/hydrology", false), repository);
  });
});

describe("the rehearsal's GitHub: who asks", () => {
  it("takes a token with any user name, as user name, and as programs send it", () => {
    const token = textOf("good");
    const headers = [
      basic("x-access-token", token),
      basic("anybody", token),
      basic("", token),
      basic(token, ""),
      basic(token, "x-oauth-basic"),
      `Bearer ${token}`,
      `token ${token}`,
    ];
    assert.deepEqual(
      headers.map((header) => callerOf(model, header, NOW).kind),
      headers.map(() => "token"),
    );
  });

  it("takes no password, and no part of a token", () => {
    const near = [textOf("good").slice(0, -1), `${textOf("good")}x`, "correct horse", ""];
    const headers = near.map((password) => basic(INSTRUCTOR, password));
    const kinds = [...headers, "Basic", "nonsense", ""].map(
      (header) => callerOf(model, header, NOW).kind,
    );
    assert.deepEqual(new Set(kinds), new Set(["bad"]));
  });

  it("still knows which token was revoked or has expired, for its log", () => {
    for (const kind of ["revoked", "expired"] as const) {
      const caller = as(kind);
      assert.equal(caller.kind, "bad");
      assert.ok("token" in caller && caller.token === tokens[Object.keys(WISHES).indexOf(kind)]);
    }
  });

  it("makes tokens in GitHub's forms, and keeps no text of them", () => {
    assert.match(textOf("classic"), /^ghp_[A-Za-z0-9]{36}$/);
    assert.match(textOf("good"), /^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/);
    const kept = JSON.stringify(model);
    assert.deepEqual(
      [...texts.values()].filter((text) => kept.includes(text)),
      [],
    );
  });
});

describe("the rehearsal's GitHub: REST API", () => {
  const ask = (kind: Kind | undefined, path: string) => answerApi(model, as(kind), path);

  it("tells a token's account, its end in GitHub's form, and scopes of classic ones only", () => {
    const [fine] = tokens;
    assert.ok(fine);
    const dated: Model = { ...model, tokens: [{ ...fine, expires: "2026-12-24T17:03:00.000Z" }] };
    const caller = callerOf(dated, `Bearer ${textOf("good")}`, NOW);
    const { status, headers, body } = answerApi(dated, caller, "/user");
    assert.equal(status, 200);
    assert.equal((body as { login: string }).login, INSTRUCTOR);
    assert.deepEqual(headers, {
      "github-authentication-token-expiration": "2026-12-24 17:03:00 UTC",
    });
    assert.deepEqual(ask("classic", "/user").headers, { "x-oauth-scopes": "repo" });
    assert.deepEqual(ask("good", "/user").headers, {});
    assert.equal(expirationHeader("2026-12-24T17:03:00.000Z"), "2026-12-24 17:03:00 UTC");
  });

  it("refuses as GitHub does", () => {
    const table: [Kind | undefined, string, number, string][] = [
      ["revoked", "/user", 401, "Bad credentials"],
      ["expired", "/rate_limit", 401, "Bad credentials"],
      [undefined, "/user", 401, "Requires authentication"],
      [undefined, `/repos/${COURSE}`, 404, "Not Found"],
      ["good", "/repos/river-lab/exam", 404, "Not Found"],
      ["good", "/repos/river-lab/hydrology", 301, "Moved Permanently"],
      ["good", "/orgs/river-lab", 404, "Not Found"],
    ];
    for (const [kind, path, status, message] of table) {
      const got = ask(kind, path);
      const body = got.body as { message: string; status: string };
      assert.deepEqual([got.status, body.message], [status, message], `${kind} ${path}`);
      assert.equal(body.status, String(status));
    }
  });

  it("tells of a repository to those who may read it", () => {
    const expected = { full_name: COURSE, name: "groundwater-course", private: true };
    const { status, body } = ask("good", `/repos/${COURSE}`);
    assert.equal(status, 200);
    assert.deepEqual(body, { ...expected, default_branch: "main" });
    assert.equal(ask(undefined, "/repos/river-lab/open-data").status, 200);
    assert.equal(ask(undefined, "/rate_limit").status, 200);
  });
});

describe("the rehearsal's GitHub reads what it is sent without trust", () => {
  it("keeps a path as it came, so that dots and slashes lead nowhere else", () => {
    const paths = ["/a/../river-lab/exam/info/refs", "//river-lab/exam", "/a%2f..%2f..", "/%00"];
    assert.deepEqual(
      paths.map((path) => targetOf(path).path),
      ["/a/../river-lab/exam/info/refs", "//river-lab/exam", "/a/../..", "/\0"],
    );
    assert.equal(targetOf("/%zz").path, "/%zz");
  });

  it("knows git's two services and no other", () => {
    const service = (raw: string) => targetOf(raw).service;
    assert.equal(service("/a/b/info/refs?service=git-upload-pack"), "git-upload-pack");
    assert.equal(service("/a/b/info/refs?x=1&service=git-receive-pack"), "git-receive-pack");
    assert.equal(service("/a/b.git/git-receive-pack"), "git-receive-pack");
    for (const raw of ["/a/b/info/refs", "/a/b/info/refs?service=git-upload-archive", "/a/b/HEAD"])
      assert.equal(service(raw), "");
  });

  it("finds something to say to any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (raw) => void targetOf(raw)));
  });

  it("writes no token into its log, wherever one stands", () => {
    for (const text of texts.values()) {
      assert.ok(!withoutTokens(`/${text}/x/info/refs`).includes(text.slice(-20)), text);
    }
  });

  it("reads the head of what git's own server answers, however it is cut", () => {
    const head = "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nrest";
    assert.deepEqual(parseHead(Buffer.from(head)), {
      status: 404,
      headers: [["Content-Type", "text/plain"]],
      end: head.length - "rest".length,
    });
    assert.equal(parseHead(Buffer.from(head.slice(0, 40))), undefined);
    assert.equal(parseHead(Buffer.from("Content-Type: x\n\n"))?.status, 200);
  });
});
