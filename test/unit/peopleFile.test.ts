import assert from "node:assert/strict";
import { namesOf } from "../../scripts/peopleFile";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a table of people", () => {
  const tables: [what: string, text: string, names: string[]][] = [
    ["one column without a head", "Айгуль Бекова\nbo\n\n  \n", ["Айгуль Бекова", "bo"]],
    ["with a byte order mark", "\ufeffname\r\nAna\r\n", ["Ana"]],
    ["with semicolons, as Excel saves it here", "No;Name\n1;Ana\n2;Bo  Li\n", ["Ana", "Bo Li"]],
    ["first and last names", "Last Name,First_Name\nБекова,Айгуль\n", ["Айгуль Бекова"]],
    ["in Russian", "№;Имя;Фамилия\n1;Айгуль;Бекова\n", ["Айгуль Бекова"]],
    ["with a comma in a name", 'name,email\n"Li, Bo",b@x\n', ["Li, Bo"]],
    ["with tabulators and too few cells", "id\tname\n1\tAna\n2\n", ["Ana"]],
  ];
  for (const [what, text, names] of tables) {
    it(`is read ${what}`, () => assert.deepEqual(namesOf(bytes(text), "people.csv"), names));
  }

  const refused: [what: string, file: Uint8Array, message: RegExp][] = [
    ["in another encoding", Uint8Array.of(0xc0, 0xe9, 0xe3, 0x0a), /is not in UTF-8/],
    ["without a column of names", bytes("mail,age\na@x,3\n"), /no column of names[^]*mail, age/],
    ["without names", bytes("name\n\n"), /has no names/],
    ["with an open quotation mark", bytes('name\n"Ana\n'), /is not a table/],
  ];
  for (const [what, file, message] of refused) {
    it(`is refused ${what}, with what to do`, () => {
      assert.throws(() => namesOf(file, "people.csv"), { message });
      assert.throws(() => namesOf(file, "people.csv"), { message: /mend: +save the table/ });
    });
  }
});
