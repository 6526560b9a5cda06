import assert from "node:assert/strict";
import fc from "fast-check";
import { accountsOf, type People } from "../../components/accountList";
import { newcomers, without, withParticipants } from "../../scripts/people";
import { changedKeys, peopleOf } from "../../scripts/stackPeople";

const PEOPLE: People = {
  admins: ["nicolas"],
  helpers: ["tea"],
  participants: 4,
  participantNames: ["Айгуль Бекова", "Айгуль Бекова", "bo"],
  spareAccounts: 2,
};
const namesOf = (people: People) => accountsOf(people).accounts.map(({ name }) => name);

describe("somebody gets an account", () => {
  it("beside the numbered ones, or in their places while nobody uses them", () => {
    const beside = withParticipants(PEOPLE, ["Ида", "ян"], true);
    assert.equal(beside.people.participants, 6);
    assert.deepEqual(beside.made, [
      { name: "ida", role: "participant", person: "Ида" },
      { name: "yan", role: "participant", person: "ян" },
    ]);
    const instead = withParticipants(PEOPLE, ["ida"], false).people;
    assert.equal(instead.participants, 4);
    assert.ok(!namesOf(instead).includes("participant01"));
  });

  it("under a name that nobody has; else it is told what to do, and nothing changes", () => {
    assert.throws(() => withParticipants(PEOPLE, ["tea"], true), {
      message: /^No account was made: 1 problem\n\n[^]*mend: +npm run user -- add 'tea-2'$/,
    });
  });
});

describe("somebody loses the account", () => {
  it("and the second of the same name keeps hers", () => {
    const after = without(PEOPLE, "aigul-bekova");
    assert.deepEqual(after.participantNames, ["aigul-bekova-2 = Айгуль Бекова", "bo"]);
    assert.equal(after.participants, 3);
  });

  it("as a helper, and as the last of the numbered ones", () => {
    assert.deepEqual(without(PEOPLE, "tea").helpers, []);
    assert.equal(without(PEOPLE, "participant01").participants, 3);
    assert.equal(without(PEOPLE, "spare02").spareAccounts, 1);
  });

  it("but not in the middle of the numbered ones, and not as an admin", () => {
    const message = /the last of them \(spare02\), which spareAccounts counts/;
    assert.throws(() => without(PEOPLE, "spare01"), { message });
    assert.throws(() => without(PEOPLE, "nicolas"), { message: /pulumi config rm --path/ });
  });

  it("whom the configuration does not know, and nothing changes there", () => {
    assert.equal(without(PEOPLE, "somebody"), PEOPLE);
  });

  it("and everybody else has the same account as before", () => {
    const names = fc.constantFrom("Айгуль Бекова", "Aigul Bekova", "aigul-bekova-2", "bo", "Bo");
    fc.assert(
      fc.property(fc.array(names), fc.nat(9), fc.nat(20), (participantNames, participants, at) => {
        const people = { ...PEOPLE, participantNames, participants };
        const { accounts, problems } = accountsOf(people);
        fc.pre(problems.length === 0);
        const named = accounts.filter(({ role }) => role === "participant");
        const gone = named[at];
        fc.pre(gone !== undefined && at < participantNames.length);
        const left = accounts.filter((it) => it !== gone);
        assert.deepEqual(accountsOf(without(people, gone?.name ?? "")).accounts, left);
      }),
    );
  });
});

describe("a list that is read again", () => {
  it("brings only who was not there, however the name was written", () => {
    const known = { ...PEOPLE, participantNames: ["ab-2 = Айгуль Бекова", "bo"] };
    const list = ["bo", "Айгуль Бекова".normalize("NFD"), "Айгуль Бекова", "Ida"];
    assert.deepEqual(newcomers(known, list), ["Айгуль Бекова", "Ida"]);
  });
});

describe("people in the stack's configuration", () => {
  it("are read with their defaults, and written where they have changed", () => {
    const shown = {
      "tljh-workshop:admins": { value: '["nicolas"]' },
      "tljh-workshop:participants": { value: "20" },
      "tljh-workshop:spareAccounts": { value: "3" },
    };
    const people = peopleOf(shown);
    assert.deepEqual(people, {
      admins: ["nicolas"],
      helpers: [],
      participants: 20,
      participantNames: [],
      spareAccounts: 3,
    });
    assert.deepEqual(changedKeys(people, withParticipants(people, ["true"], true).people), {
      "tljh-workshop:participantNames": { value: '["true"]', objectValue: ["true"] },
      "tljh-workshop:participants": { value: "21" },
    });
  });
});
