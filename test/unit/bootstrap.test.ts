import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const folder = join(__dirname, "..", "..", "rehearsal", "bootstrap");

interface Case {
  call: string;
  with: unknown[];
}
interface Outcome {
  value?: unknown;
  error?: string;
  /** The arguments after the call: a configuration is changed in place. */
  after: unknown[];
}

/** Calls functions of the bootstrap stand-in in one Python process, one after the other. */
function call(...cases: Case[]): Outcome[] {
  const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(folder)})
sys.dont_write_bytecode = True
import bootstrap
outcomes = []
for case in json.load(sys.stdin):
    outcome = {}
    try:
        outcome["value"] = getattr(bootstrap, case["call"])(*case["with"])
    except Exception as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
    outcomes.append({**outcome, "after": case["with"]})
print(json.dumps(outcomes))`;
  const done = spawnSync("python3", ["-c", program], {
    input: JSON.stringify(cases),
    encoding: "utf8",
  });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout) as Outcome[];
}

const values = (name: string, ...inputs: unknown[]) =>
  call(...inputs.map((input) => ({ call: name, with: [input] }))).map(
    (outcome) => outcome.value ?? outcome.error,
  );

describe("bootstrap stand-in", () => {
  it("reads words on tljh-config's command line as TLJH 2.0.0 does", () => {
    assert.deepEqual(values("parse_value", "12", "1.5", "True", "false", "None", "1G", "a.b"), [
      12,
      1.5,
      true,
      false,
      "None",
      "1G",
      "a.b",
    ]);
  });

  it("adds an item a second time, and fails to remove one that is not there", () => {
    const config = () => ({ users: { allowed: ["anna"] } });
    const [added, removed, missing] = call(
      { call: "add_item", with: [config(), "users.allowed", "anna"] },
      { call: "remove_item", with: [config(), "users.allowed", "anna"] },
      { call: "remove_item", with: [config(), "users.allowed", "berta"] },
    );
    assert.deepEqual(added.after[0], { users: { allowed: ["anna", "anna"] } });
    assert.deepEqual(removed.after[0], { users: { allowed: [] } });
    assert.equal(missing.error, "ValueError: 'berta' is not in users.allowed");
  });

  it("sets a value below tables that are not there yet, and fails to unset a missing one", () => {
    const [set, unset, missing] = call(
      { call: "set_item", with: [{}, "limits.memory", "1G"] },
      { call: "unset_item", with: [{ limits: { memory: "1G", cpu: 2 } }, "limits.memory"] },
      { call: "unset_item", with: [{}, "limits.memory"] },
    );
    assert.deepEqual(set.after[0], { limits: { memory: "1G" } });
    assert.deepEqual(unset.after[0], { limits: { cpu: 2 } });
    assert.match(missing.error ?? "", /^ValueError: limits\.memory does not exist/);
  });

  it("knows its own release by every name for it, and refuses others", () => {
    const [full, part, latest, other, longer] = values(
      "resolve_version",
      "2.0.0",
      "2.0",
      "latest",
      "1.0.0",
      "2.0.0.1",
    );
    assert.deepEqual([full, part, latest], ["2.0.0", "2.0.0", "2.0.0"]);
    assert.match(other as string, /^Refused: .*received '1\.0\.0'.*--version 2\.0\.0$/);
    assert.match(longer as string, /^Refused: /);
  });

  it("takes a password with an administrator, but none with a colon in it", () => {
    const [plain, colon] = call(
      { call: "parse_admins", with: [["nicolas", "tea:secret"]] },
      { call: "parse_admins", with: [["nicolas:se:cret"]] },
    );
    assert.deepEqual(plain.value, [
      ["nicolas", null],
      ["tea", "secret"],
    ]);
    assert.match(colon.error ?? "", /^ValueError: /);
  });

  it("merges snippets into the base deeply, but among themselves table by table", () => {
    const first = { entryPoints: { git: { address: "127.0.0.1:1" } } };
    const second = { entryPoints: { other: { address: "127.0.0.1:2" } } };
    const [snippets, whole] = call(
      { call: "merge_snippets", with: [[first, second]] },
      { call: "deep_merge", with: [{ entryPoints: { http: {} }, api: {} }, first] },
    );
    assert.deepEqual(snippets.value, second);
    assert.deepEqual(whole.value, { entryPoints: { http: {}, ...first.entryPoints }, api: {} });
  });

  it("redirects to https and asks Let's Encrypt only when https is enabled", () => {
    const letsencrypt = { email: "a@example.org", domains: ["w.example.org"], staging: true };
    const [off, on] = values(
      "static_config",
      { https: { letsencrypt } },
      { https: { enabled: true, letsencrypt } },
    ) as Record<string, Record<string, unknown>>[];
    assert.deepEqual(Object.keys(off.entryPoints), ["http", "auth_api"]);
    assert.equal(off.certificatesResolvers, undefined);
    assert.deepEqual(Object.keys(on.entryPoints), ["http", "auth_api", "https"]);
    assert.match(JSON.stringify(on.entryPoints.http), /"to": ?"https"/);
    assert.match(
      JSON.stringify(on.certificatesResolvers),
      /staging.*tlsChallenge|tlsChallenge.*staging/,
    );
  });

  it("has one certificate for all names, in the default store as TLJH has it", () => {
    const letsencrypt = { email: "a@example.org", domains: ["w.example.org", "x.example.org"] };
    const [off, nobody, on] = call(
      ...[{ letsencrypt }, { enabled: true, letsencrypt: { domains: letsencrypt.domains } }].map(
        (https) => ({ call: "dynamic_config", with: [{ https }, "password"] }),
      ),
      { call: "dynamic_config", with: [{ https: { enabled: true, letsencrypt } }, "password"] },
    ).map(({ value }) => (value as { tls?: unknown }).tls);
    assert.deepEqual([off, nobody], [undefined, undefined]);
    const domain = { main: "w.example.org", sans: ["x.example.org"] };
    const defaultGeneratedCert = { resolver: "letsencrypt", domain };
    assert.deepEqual(on, { stores: { default: { defaultGeneratedCert } } });
  });

  it("cuts a Unix name of 26 characters and more, and keeps two long names apart", () => {
    const long = "a".repeat(40);
    const short = "a".repeat(17);
    const [whole, cut, one, two] = values(
      "unix_name",
      short,
      `${short}b`,
      `${long}1`,
      `${long}2`,
    ) as string[];
    assert.equal(whole, `jupyter-${short}`);
    assert.match(cut ?? "", /^jupyter-a{17}b-[0-9a-f]{5}$/);
    assert.equal(one.length, 32);
    assert.notEqual(one, two);
  });
});
