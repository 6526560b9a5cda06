/** scripts/server/accounts.sh and its programs by a real bash and python, with a hub of the tests' own. */
import assert from "node:assert/strict";
import { AccountsLab, type Ran } from "./accountsLab";

const NICOLAS = { name: "nicolas", role: "admin", password: "one" };
const TEA = { name: "tea", role: "helper", password: "two" };
const ANA = { name: "ana", role: "participant", password: "three" };
const SPARE = { name: "spare01", role: "spare", password: "four" };
const ALL = [NICOLAS, TEA, ANA, SPARE];

function well(ran: Ran): Ran {
  assert.equal(ran.status, 0, ran.stderr);
  return ran;
}

describe("accounts on the server", () => {
  let lab: AccountsLab;
  beforeEach(async () => {
    lab = await AccountsLab.open();
    lab.admins = ["nicolas"];
    lab.users.set("nicolas", { admin: true, groups: [], running: false });
    // A start of the hub since the file was written: nothing of it is new.
    well(await lab.run({ do: "set", accounts: [NICOLAS] }, ["nicolas"]));
    lab.done.length = 0;
  });
  afterEach(() => lab.close());
  const make = (accounts: object[], removed: string[] = [], admins = ["nicolas"]) =>
    lab.run({ do: "set", accounts, removed }, admins);

  it("are made at once and put into their groups, without a restart", async () => {
    const { facts } = well(await make(ALL));
    assert.deepEqual(lab.done, [
      'POST users {"usernames": ["tea", "ana", "spare01"]}',
      "POST groups/helpers {}",
      'POST groups/helpers/users {"users": ["tea"]}',
      "POST groups/participants {}",
      'POST groups/participants/users {"users": ["ana", "spare01"]}',
    ]);
    assert.deepEqual(
      facts.map(({ kind, name }) => `${String(kind)} ${String(name)}`),
      [
        "password tea",
        "password ana",
        "password spare01",
        "account tea",
        "account ana",
        "account spare01",
      ],
    );
    assert.deepEqual(await lab.passwords({ ana: "three", spare01: "x", nobody: "y" }), {
      ana: "given",
      spare01: "own",
      nobody: "none",
    });
  });

  it("stay as they are the second time, with the passwords that people have chosen", async () => {
    well(await make(ALL));
    well(await lab.run({ do: "reset", accounts: [{ name: "ana", password: "her own" }] }));
    lab.done.length = 0;
    assert.deepEqual(well(await make(ALL)).facts, []);
    assert.deepEqual(
      lab.done.filter((line) => !line.startsWith("POST groups/")),
      [],
    );
    assert.deepEqual(await lab.passwords({ ana: "three" }), { ana: "own" });
  });

  it("are looked at without a change", async () => {
    well(await make(ALL));
    lab.users.delete("ana");
    lab.users.set("tea", { admin: true, groups: ["participants"], running: false });
    lab.users.set("bo", { admin: false, groups: [], running: false });
    lab.done.length = 0;
    const bo = { name: "bo", role: "participant" };
    assert.deepEqual(well(await lab.run({ do: "look", accounts: [...ALL, bo] })).facts, [
      {
        kind: "wrong",
        wrong: [
          "tea is an administrator",
          "tea is in the wrong group",
          "ana is not in the hub's list",
          "bo has no password",
          "bo is in the wrong group",
        ],
      },
    ]);
    assert.deepEqual(lab.done, []);
  });

  it("of a new admin has a password before the hub knows the name", async () => {
    const tea = { ...TEA, role: "admin" };
    well(await make([NICOLAS, tea], [], ["nicolas", "tea"]));
    assert.deepEqual(lab.done.slice(0, 3), [
      "tljh-config add-item users.admin tea",
      "tea has a password then",
      "tljh-config reload hub",
    ]);
    assert.equal(lab.users.get("tea")?.admin, true);
  });

  it("of an admin who was deleted by hand comes back by a restart", async () => {
    lab.users.delete("nicolas");
    well(await make([NICOLAS]));
    assert.deepEqual(lab.done.slice(0, 1), ["tljh-config reload hub"]);
    assert.equal(lab.users.get("nicolas")?.admin, true);
  });

  it("are wrong where the hub does not know who makes them, and come right by a restart", async () => {
    lab.knows = "another token";
    const { facts } = well(await lab.run({ do: "look", accounts: ALL }));
    assert.deepEqual(facts[0]?.["wrong"], ["the hub does not know who makes accounts"]);
    const reset = await lab.run({ do: "reset", accounts: [{ name: "nicolas", password: "x" }] });
    assert.match(
      reset.stderr,
      /^The hub does not take what it is told[^]*mend: +pulumi up --stack/,
    );
    well(await make(ALL));
    assert.equal(lab.done[0], "tljh-config reload hub");
    assert.deepEqual(well(await lab.run({ do: "look", accounts: ALL })).facts, [
      { kind: "wrong", wrong: [] },
    ]);
  });

  it("of who is no admin any more has no rights left, and the same password", async () => {
    well(await make([NICOLAS, { ...TEA, role: "admin" }], [], ["nicolas", "tea"]));
    well(await lab.run({ do: "reset", accounts: [{ name: "tea", password: "her own" }] }));
    lab.done.length = 0;
    well(await make([NICOLAS, TEA]));
    assert.equal(lab.done[0], "tljh-config remove-item users.admin tea");
    assert.deepEqual(lab.users.get("tea"), { admin: false, groups: ["helpers"], running: false });
    assert.deepEqual(await lab.passwords({ tea: "her own" }), { tea: "given" });
  });

  it("are removed with password and running server, and only they", async () => {
    well(await make(ALL));
    const ana = lab.users.get("ana");
    if (ana) ana.running = true;
    lab.done.length = 0;
    const { facts } = well(await make([NICOLAS, TEA, SPARE], ["ana", "gone"]));
    assert.deepEqual(facts, [
      { kind: "removed", name: "ana", account: true, home: "" },
      { kind: "removed", name: "gone", account: false, home: "" },
    ]);
    assert.deepEqual(lab.done.slice(0, 2), ["DELETE users/ana/server", "DELETE users/ana"]);
    assert.deepEqual([...lab.users.keys()], ["nicolas", "tea", "spare01"]);
    assert.deepEqual(await lab.passwords({ ana: "three" }), { ana: "none" });
  });

  it("are found, however many there are", async () => {
    const many = Array.from({ length: 230 }, (_, index) => ({
      name: `participant${index}`,
      role: "participant",
      password: `${index}`,
    }));
    well(await make([NICOLAS, ...many]));
    assert.deepEqual(well(await lab.run({ do: "look", accounts: many })).facts, [
      { kind: "wrong", wrong: [] },
    ]);
  });

  it("of which one does not exist has no password reset, and the error names all that do", async () => {
    const ran = await lab.run({ do: "reset", accounts: [{ name: "anna", password: "secret" }] });
    assert.equal(ran.status, 1);
    assert.match(
      ran.stderr,
      /^There is no account anna\n {2}received: anna\n {2}allowed: {2}nicolas\n/,
    );
    assert.equal(lab.hasPassword("anna"), false);
  });

  it("that the hub refuses fail with its words, and without a password in them", async () => {
    lab.refuse = 500;
    const ran = await make(ALL);
    assert.equal(ran.status, 1);
    assert.match(
      ran.stderr,
      /^The hub refused [^]*POST \/users: 500 .*no[^]*mend: +pulumi up --stack test/,
    );
    for (const { password } of ALL) assert.ok(!`${ran.stdout}${ran.stderr}`.includes(password));
  });
});
