import assert from "node:assert/strict";
import fc from "fast-check";
import { accountName, accountsOf, MOST_LETTERS, type People } from "../../components/accountList";

const NOBODY: People = {
  admins: ["nicolas"],
  helpers: [],
  participants: 0,
  participantNames: [],
  spareAccounts: 0,
};
const namesOf = (people: Partial<People>) =>
  accountsOf({ ...NOBODY, ...people }).accounts.map(({ name }) => name);

describe("the name of an account", () => {
  const cases: [person: string, account: string][] = [
    ["Айгуль Бекова", "aigul-bekova"],
    // As macOS writes file names: the letter й in two characters.
    ["Айгуль Бекова".normalize("NFD"), "aigul-bekova"],
    ["Юлия Щербакова-Ёлкина", "yuliya-shcherbako"],
    ["Объедков Илья", "obedkov-ilya"],
    ["Өмүрбек Жээнбеков", "omurbek-zheenbeko"],
    ["Чыңгыз Айтматов", "chyngyz-aitmatov"],
    ["Ғайрат Раҳимов", "ghairat-rahimov"],
    ["Қодирӣ Ҷӯраев", "qodiri-juraev"],
    ["Ўткир Ғуломов", "otkir-ghulomov"],
    ["Әсем Іңкәр", "asem-inkar"],
    ["Müller, Jürg", "muller-jurg"],
    ["Sinéad O’Brien", "sinead-obrien"],
    ["李小龙", "li-xiao-long"],
    ["007 Bond", "bond"],
    ["🙂", ""],
  ];
  for (const [person, account] of cases) {
    it(`of ${person} is ${account || "none"}`, () => assert.equal(accountName(person), account));
  }
});

describe("the list of accounts", () => {
  it("has the named participants first, then numbered ones, and keeps the person's spelling", () => {
    const { accounts, problems } = accountsOf({
      admins: ["nicolas"],
      helpers: ["tea"],
      participants: 4,
      participantNames: ["aigul", " Айгуль  Бекова "],
      spareAccounts: 1,
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      accounts.map(({ name, role, person }) => [name, role, person]),
      [
        ["nicolas", "admin", ""],
        ["tea", "helper", ""],
        ["aigul", "participant", ""],
        ["aigul-bekova", "participant", "Айгуль Бекова"],
        ["participant01", "participant", ""],
        ["participant02", "participant", ""],
        ["spare01", "spare", ""],
      ],
    );
  });

  it("has all that are named, if they are more than participants", () => {
    assert.deepEqual(namesOf({ participants: 1, participantNames: ["ana", "bo"] }).slice(1), [
      "ana",
      "bo",
    ]);
  });

  it("gives people of one name a number, also beside admins, helpers and numbered accounts", () => {
    const participantNames = [
      "Айгуль Бекова",
      "Aigul Bekova",
      "Nicolas",
      "Téa",
      "Spare 01",
      "Spare01",
    ];
    const names = namesOf({ helpers: ["tea"], participantNames });
    assert.deepEqual(names.slice(2), [
      "aigul-bekova",
      "aigul-bekova-2",
      "nicolas-2",
      "tea-2",
      "spare-01",
      "spare01-2",
    ]);
  });

  it("takes an account that is chosen for a person", () => {
    const { accounts } = accountsOf({ ...NOBODY, participantNames: ["ab-2 = Айгуль Бекова"] });
    assert.deepEqual(accounts[1], {
      name: "ab-2",
      role: "participant",
      person: "Айгуль Бекова",
    });
  });

  it("calls the hundredth participant100, and nobody else otherwise", () => {
    const names = namesOf({ participants: 100 });
    assert.deepEqual([names[1], names[100]], ["participant01", "participant100"]);
  });

  const refused: [string, Partial<People>, wrong: RegExp, mend: RegExp][] = [
    ["an admin's name", { participantNames: ["nicolas"] }, /has already/, /\[0\]' 'nicolas-2'/],
    ["a name twice", { participantNames: ["bo", "bo"] }, /has already/, /\[1\]' 'bo-2'/],
    ["a number's name", { participantNames: ["participant03"] }, /kept for the numbered/, /-2'/],
    ["a command's name", { participantNames: ["workshop-class-01"] }, /npm run check/, /-2'/],
    ["a helper of a command's name", { helpers: ["workshop-check"] }, /^helpers .*kept/, /-2/],
    ["an admin of a number's name", { admins: ["spare01"] }, /^admins .*numbered/, /admins\[0\]/],
    ["nobody", { participantNames: [""] }, /no account can be made/, /'guest'/],
    ["no letters", { participantNames: ["🙂"] }, /no account can be made/, /'guest = 🙂'/],
    ["a long account", { participantNames: ["a".repeat(25)] }, /cannot be an account/, /'a{17}'/],
    ["a chosen account", { participantNames: ["A B = C"] }, /cannot be/, /'a-b = C'/],
    ["a quotation mark", { participantNames: ["ж! = D'A"] }, /cannot be/, /'zh = D'\\''A'/],
  ];
  for (const [what, people, wrong, mend] of refused) {
    it(`refuses ${what}, with the command that mends it`, () => {
      const { problems } = accountsOf({ ...NOBODY, ...people });
      assert.equal(problems.length, 1);
      assert.match(problems[0]?.wrong ?? "", wrong);
      assert.match(problems[0]?.mend ?? "", mend);
    });
  }

  const anybody = fc.record({
    participantNames: fc.array(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("Айгуль Бекова", "aigul", "spare01", "nicolas", "Aigul", "a = b"),
      ),
    ),
    participants: fc.nat(30),
    spareAccounts: fc.nat(5),
  });

  it("never has a name twice, nor one that Linux or the hub would not take", () => {
    fc.assert(
      fc.property(anybody, (people) => {
        const names = namesOf(people);
        assert.equal(new Set(names).size, names.length);
        for (const name of names) assert.match(name, /^[a-z][a-z0-9-]*$/);
        for (const name of names) assert.ok(name.length <= MOST_LETTERS, name);
      }),
    );
  });

  it("keeps everybody's account when somebody is added with a further place", () => {
    fc.assert(
      fc.property(anybody, fc.string({ unit: "grapheme" }), (people, more) => {
        const { participantNames, participants } = people;
        const places = Math.max(participants, participantNames.length) + 1;
        const after = { ...people, participantNames: [...participantNames, more] };
        const now = namesOf({ ...after, participants: places });
        for (const name of namesOf(people)) assert.ok(now.includes(name), name);
      }),
    );
  });

  it("accepts what its own commands set", () => {
    fc.assert(
      fc.property(anybody, (people) => {
        const mended = [...people.participantNames];
        for (const { mend } of accountsOf({ ...NOBODY, ...people }).problems) {
          const [, index, value = ""] = /\[(\d+)\]' '(.*)'$/s.exec(mend) ?? [];
          mended[Number(index)] = value.replaceAll(`'\\''`, "'");
        }
        const { problems } = accountsOf({ ...NOBODY, ...people, participantNames: mended });
        const left = problems.filter(({ wrong }) => !wrong.includes("has already"));
        assert.deepEqual(left, []);
      }),
    );
  });
});
