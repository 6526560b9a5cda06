import assert from "node:assert/strict";
import type { People } from "../../components/accountList";
import type { Listed } from "../../scripts/accountsServer";
import { parseUserArguments } from "../../scripts/userArguments";
import { cardText, listText, numberedText, takenText } from "../../scripts/userText";

describe("what npm run user is asked for", () => {
  const understood: [string[], object][] = [
    [["add", " Айгуль Бекова "], { do: "add", name: "Айгуль Бекова" }],
    [["reset", "jupyter-bo", "-s", "x"], { do: "reset", name: "bo", stack: "x" }],
    [["remove", "bo"], { do: "remove", name: "bo", files: false }],
    [["remove", "--files", "bo"], { do: "remove", name: "bo", files: true }],
    [["list", "--json"], { do: "list", json: true }],
    [["import", "a.csv", "--dry-run"], { do: "import", file: "a.csv", dryRun: true }],
  ];
  for (const [words, request] of understood) {
    it(`is ${words.join(" ").trim()}`, () => {
      assert.deepEqual(parseUserArguments(words), request);
    });
  }

  const refused: [string[], RegExp][] = [
    [[], /What to do is missing/],
    [["ad", "bo"], /does not know the word ad[^]*user -- add bo$/],
    [["add"], /Whose account is missing[^]*add NAME$/],
    [["add", "Bo", "Li"], /too many[^]*user -- add "Bo Li"$/],
    [["list", "bo"], /too many/],
    [["reset", "bo", "--files"], /--files belongs to remove/],
    [["remove", "bo", "--file"], /option --file cannot[^]*user -- remove bo --files$/],
    [["import"], /The file is missing/],
  ];
  for (const [words, message] of refused) {
    it(`is not ${words.join(" ") || "nothing"}, and is told what it may be`, () => {
      assert.throws(() => parseUserArguments(words), { message });
      assert.throws(() => parseUserArguments(words), { message: /allowed: +add NAME/ });
    });
  }
});

describe("what npm run user prints", () => {
  const account = (name: string, person: string) => ({
    name,
    person,
    role: "participant" as const,
  });

  it("is how somebody who was added twice is rid of the second account", () => {
    const added = { name: "bo-li2", usual: "bo-li", person: "Bo Li", stack: "osh" };
    const twice = takenText({ ...added, accounts: [account("bo-li", "Bo Li")] });
    assert.match(twice, /^bo-li is the account of another Bo Li\./);
    assert.match(twice, /npm run user -- remove bo-li2 --stack osh/);
    const others = takenText({ ...added, accounts: [account("bo-li", "Bo-Li")] });
    assert.equal(others, "bo-li is another person's account");
  });

  it("is how accounts with a number go, once all have names", () => {
    const people = { participants: 5, participantNames: ["Bo", "Ana"] } as unknown as People;
    assert.match(
      numberedText(people, "osh") ?? "",
      /there are 3[^]*--stack osh set participants 2 &&/,
    );
    assert.equal(numberedText({ ...people, participants: 2 }, "osh"), undefined);
  });

  it("is what somebody needs for the first visit", () => {
    const card = { name: "bo", person: "Бо", address: "http://x" };
    assert.equal(
      cardText({ ...card, password: "abcd" }),
      "  person    Бо\n  account   bo\n  password  abcd\n  address   http://x",
    );
    assert.match(cardText(card), /the person's own; a new one: npm run user -- reset bo/);
  });

  it("is a row for each account, in the configuration or only in the hub", () => {
    const listed = (name: string, more: Partial<Listed> = {}): Listed => ({
      kind: "user",
      name,
      admin: false,
      groups: [],
      password: "given",
      seen: "",
      server: false,
      bytes: 0,
      ...more,
    });
    const text = listText(
      [
        { name: "nicolas", role: "admin", person: "" },
        { name: "bekova", role: "participant", person: "Айгуль" },
        { name: "spare01", role: "spare", person: "" },
      ],
      [
        listed("bekova", { password: "own", server: true, bytes: 3 * 2 ** 30 }),
        listed("nicolas", { admin: true, bytes: 5000 }),
        listed("stray", { password: "none", bytes: -1 }),
      ],
    );
    assert.deepEqual(
      text.split("\n").map((line) => line.split(/ {2,}/)),
      [
        ["account", "role", "person", "password", "last here", "server", "files"],
        ["nicolas", "admin", "–", "as first given", "never", "–", "1 MiB"],
        ["bekova", "participant", "Айгуль", "changed", "never", "runs", "3.0 GiB"],
        ["spare01", "spare", "–", "no account: pulumi up makes it", "never", "–", "–"],
        ["stray", "by hand", "–", "NONE: the first visitor chooses it", "never", "–", "many files"],
      ],
    );
  });
});
