import assert from "node:assert/strict";
import {
  remainsOf,
  unseenProblems,
  workProblems,
  type LeavingPlace,
  type Remains,
  type Seen,
} from "../../providers/leavingFindings";
import { formatProblem } from "../../components/text";

const PLACE: LeavingPlace = {
  stack: "osh",
  instanceId: "i-0123",
  dataVolumeId: "vol-0123",
};
const NOTHING: Seen = { servers: [], saved: {}, homes: [], unread: [] };
const text = (seen: Partial<Seen>) =>
  workProblems({ ...NOTHING, ...seen }, PLACE).map(formatProblem);

describe("what keeps a workshop from being removed", () => {
  it("is nothing on a server that nobody has used", () => {
    assert.deepEqual(text({}), []);
  });

  it("is nobody's saved work, whenever it was saved", () => {
    assert.deepEqual(text({ saved: { export: "2026-11-25T20:00:00Z" } }), []);
  });

  it("is whoever has a server running, by name and since when", () => {
    const [said, ...more] = text({
      servers: [
        { name: "maria", since: "2026-11-25T14:05:33Z" },
        { name: "sofia", since: "" },
      ],
    });
    assert.deepEqual(more, []);
    assert.match(said ?? "", /received: maria \(since 2026-11-25 14:05 UTC\), sofia\n/);
    assert.match(said ?? "", /mend: .*npm run end -- --stack osh/);
  });

  it("are files that nobody has saved: how many, whose, the newest, and how to save them", () => {
    const [said] = text({
      saved: { export: "2026-11-24T18:00:00Z" },
      homes: [
        { name: "sofia", files: 1, bytes: 3, newest: [{ path: "a.txt", when: "" }] },
        {
          name: "maria",
          files: 3,
          bytes: 5_400_000,
          newest: [{ path: "course/lesson.ipynb", when: "2026-11-25T14:10:00Z" }],
        },
      ],
    });
    assert.equal(
      said,
      `4 files were made or changed that nobody has saved, of 2 people
  received: maria: 3 files, 5.1 MiB; newest: course/lesson.ipynb (2026-11-25 14:10 UTC)
            sofia: 1 file, 3 bytes; newest: a.txt (an unknown time)
  allowed:  an export or a backup that began after the newest change; the last one: export of 2026-11-24 18:00 UTC
  mend:     npm run export -- --stack osh (to this computer), or npm run backup -- --stack osh (a snapshot in AWS)`,
    );
  });

  it("is told of ten homes at most, and how many more there are", () => {
    const home = { files: 1, bytes: 1, newest: [] };
    const homes = Array.from({ length: 13 }, (_, number) => ({ ...home, name: `p${number}` }));
    const [said = ""] = text({ homes });
    assert.equal(said.match(/: 1 file,/g)?.length, 10);
    assert.match(said, /\n +and 3 more\n/);
    assert.match(said, /the last one: there is none/);
  });

  it("is a home that could not be looked through: it may hold anything", () => {
    const [said] = text({ unread: [{ name: "bo", why: "not looked through within 45 s" }] });
    assert.match(said ?? "", /received: bo: not looked through within 45 s\n/);
  });
});

describe("a server that cannot be logged in to", () => {
  const problems = (instance: string, hasVolume: boolean) =>
    unseenProblems({ instance, hasVolume }, "Port 22 is closed", PLACE).map(formatProblem);

  it("may go when it and its disk are gone", () => {
    for (const state of ["terminated", "shutting-down", "gone"]) {
      assert.deepEqual(problems(state, false), []);
    }
  });

  it("stays while the disk with everybody's files is there", () => {
    assert.match(problems("terminated", true)[0] ?? "", /vol-0123 is there\n[^]*up --refresh/);
  });

  it("stays when it is stopped, with the command that starts it", () => {
    const [said = ""] = problems("stopped", true);
    assert.match(said, /i-0123: stopped/);
    assert.match(said, /mend: +npm run start -- --stack osh, then pulumi destroy --stack osh/);
  });

  it("stays when it runs and is silent, with the command that opens SSH", () => {
    const [said = ""] = problems("running", true);
    assert.match(said, /received: Port 22 is closed\n/);
    assert.match(said, /npm run doors -- open --stack osh/);
  });
});

describe("what stays to do", () => {
  const REMAINS: Remains = {
    stack: "osh",
    address: "203.0.113.10",
    tokenPage: "https://github.com/settings/personal-access-tokens",
    records: ["jupyter.example.org. 3600 IN A 203.0.113.10"],
    allocationId: "",
    region: "ap-south-1",
    profile: "",
  };
  const none = { count: 0, gib: 0 };

  it("is to revoke the token, and to have the record removed", () => {
    const lines = remainsOf(REMAINS, none);
    assert.match(lines[0] ?? "", /^Revoke .*: https:\/\/github.com\/settings\/personal-access-/);
    assert.match(lines[1] ?? "", /: jupyter\.example\.org\. 3600 IN A 203\.0\.113\.10$/);
    assert.equal(lines.length, 3);
    assert.match(lines[2] ?? "", /npm run sweep -- --stack osh$/);
  });

  it("is nothing of what there was not", () => {
    assert.equal(remainsOf({ ...REMAINS, tokenPage: "", records: [] }, none).length, 1);
  });

  it("is an own address, with its cost and how to end that; its record may stay", () => {
    const [, address = "", record = ""] = remainsOf(
      { ...REMAINS, allocationId: "eipalloc-1" },
      none,
    );
    assert.match(address, /0\.005 USD an hour.*release-address --allocation-id eipalloc-1/);
    assert.match(record, /^When you release the address/);
  });

  it("are snapshots, which go on costing money", () => {
    const said = remainsOf(REMAINS, { count: 2, gib: 80 }).join("\n");
    assert.match(said, /^2 snapshots .*\(at most 80 GiB\)/m);
    assert.match(remainsOf(REMAINS, undefined).join("\n"), /AWS did not say/);
  });
});
