/** The end of a workshop: nobody's work is lost unasked, and nothing is left. The last of all parts. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { seenOf } from "../workshop/account";
import { assertNothingLeft, failed, succeeded, type Lab, type Ran } from "../workshop/lab";
import { SEEN_WHEN_READY } from "./rights";
import { inOwnServer } from "../workshop/ownServer";
import { SCHEDULING } from "./days";

interface State {
  checkpoint: {
    latest: {
      resources: {
        urn: string;
        custom: boolean;
        parent?: string;
        dependencies?: string[];
        propertyDependencies?: Record<string, string[] | null>;
      }[];
    };
  };
}

/** All that a resource waits for, by way of others too; what is left when its delete fails. */
function behind(state: State["checkpoint"]["latest"]["resources"], name: string): Set<string> {
  const byUrn = new Map(state.map((one) => [one.urn, one]));
  const found = new Set<string>();
  const visit = (urn: string): void => {
    if (found.has(urn)) return;
    found.add(urn);
    const { parent, dependencies = [], propertyDependencies = {} } = byUrn.get(urn) ?? {};
    const more = Object.values(propertyDependencies).flatMap((urns) => urns ?? []);
    for (const next of [...dependencies, ...more, ...(parent ? [parent] : [])]) visit(next);
  };
  visit(state.find(({ urn }) => urn.endsWith(`::${name}`))?.urn ?? "");
  return found;
}

/** @param operator access key id of who makes and removes the workshop */
export function leaves(workshop: () => Lab, operator: () => string): void {
  describe("leaves", () => {
    let override: string | undefined;
    before(() => {
      override = workshop().env["WORKSHOP_DESTROY"];
      delete workshop().env["WORKSHOP_DESTROY"];
    });
    after(() => {
      workshop().env["WORKSHOP_DESTROY"] = override;
    });

    it("has everything behind its guard, so that nothing goes before that has looked", () => {
      const state = JSON.parse(workshop().plainState()) as State;
      const { resources } = state.checkpoint.latest;
      const seen = behind(resources, "test-guard");
      const others = resources.filter(
        ({ urn }) => !seen.has(urn) && !/::pulumi:(providers|pulumi):/.test(urn),
      );
      assert.deepEqual(
        others.map(({ urn }) => urn),
        [],
      );
    });

    it("not while somebody's server runs, and says who, whose files nobody has saved, and how to", async () => {
      const { passwords } = await workshop().outputs();
      await inOwnServer(workshop(), "sofia", passwords["sofia"] ?? "", {
        work: "echo q = k > ~/darcy.py; mkdir -p ~/.cache; echo x > ~/.cache/x",
      });
      const destroy = await workshop().change("destroy");
      failed(
        destroy,
        /Participants' servers run[^]*received: .*sofia \(since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)/,
        /that nobody has saved[^]*sofia: \d+ files?, [^;]+; newest: darcy\.py \(/,
        /the last one: .*\n +mend: +npm run export -- --stack test/,
        /WORKSHOP_DESTROY=yes pulumi destroy --stack test/,
      );
      assert.deepEqual(
        destroy.steps.map(([name]) => name).filter((name) => name !== "test-guard"),
        [],
      );
      succeeded(await workshop().preview("--expect-no-changes"));
    });

    /** `npm run end`, with what a person types; each line answers a question. */
    async function end(lines: string[], ...args: string[]): Promise<Ran> {
      const running = workshop().startCommand("end", ...args);
      running.input(lines.map((line) => `${line}\n`).join(""));
      return { exitCode: await running.ended, text: running.text };
    }
    const own = (...parts: string[]) => path.join(workshop().project, ...parts);

    it("step by step, and not while somebody works or the files cannot be saved", async () => {
      // Where a person has called npm: files are saved there.
      workshop().setEnv({ INIT_CWD: workshop().project });
      failed(await end([]), /\[1\/7\][^]*Servers run: .*sofia[^]*received: no answer/);
      const folder = own("exports", "test");
      fs.mkdirSync(folder, { recursive: true });
      fs.chmodSync(folder, 0o755);
      const stopped = await end(["yes"]);
      fs.chmodSync(folder, 0o700);
      failed(
        stopped,
        /ended: .*sofia/,
        /The folder is open to others/,
        /The export did not succeed[^]*The end stops here\. Not done yet: a record .*; nothing is left/,
        /To go on: npm run end -- --stack test/,
      );
      assert.doesNotMatch(stopped.text, /\[3\/7\]/);
    });

    it("with files and record here, the slips gone, and the question whether the token is refused", async () => {
      const slips = own("slips", "test");
      fs.mkdirSync(slips, { recursive: true, mode: 0o700 });
      const { passwords } = await workshop().outputs();
      // The token is not revoked; then later; then not the word that removes the workshop.
      const stopped = await end(["", "later", "no"]);
      failed(
        stopped,
        /nobody's server runs/,
        /All files of test .* are on this computer/,
        /removed: .*slips\/test/,
        /github\.test still accepts it/,
        /It stays to be done/,
        /Stopped before: The workshop is removed\n +received: no\n +allowed: +test/,
      );
      assert.ok(!fs.existsSync(slips));
      assert.equal((await workshop().machines()).size, 1);
      for (const name of ["workshop.txt", "outputs.json", "configuration.json", "attendance.csv"]) {
        const file = own("records", "test", name);
        assert.equal(fs.statSync(file).mode & 0o077, 0, name);
        const text = fs.readFileSync(file, "utf8");
        for (const password of Object.values(passwords)) assert.ok(!text.includes(password), name);
      }
    });

    it("goes on where a removal has failed in the middle, and leaves nothing", async () => {
      await workshop().github.revokeAllBut(0);
      // The machine is gone by then.
      const fault = { action: "DeleteSubnet", code: "UnauthorizedOperation", times: 1000 };
      const faults = `${workshop().rehearsal.endpoint}/rehearsal/faults`;
      await fetch(faults, { method: "POST", body: JSON.stringify(fault) });
      const broken = await end(["test"]);
      await fetch(faults, { method: "DELETE" });
      failed(
        broken,
        /\[5\/7\].*\n +github\.test refuses it/,
        /test-guard deleted/,
        /pulumi destroy did not succeed[^]*To go on: npm run end/,
      );
      assert.equal((await workshop().machines()).size, 0);

      const last = await end([], "--yes");
      succeeded(last);
      assert.match(last.text, /\[2\/7\].*\n +the removal has begun before/);
      assert.match(last.text, /\[5\/7\].*\n +github\.test refuses it/);
      assert.match(last.text, /The workshop test has ended/);
      await assertNothingLeft(workshop());
      const left = fs.readFileSync(own("records", "test", "left-to-do.txt"), "utf8");
      assert.match(left, /pulumi stack rm test --preserve-config/);
      assert.doesNotMatch(left, /Revoke the token/);
    });

    it("and its operator was refused nothing in its life", async () => {
      const { allowed, refused } = await seenOf(workshop(), operator());
      // The sweep has looked into regions that are not the operator's.
      const others = Object.keys(refused).filter((action) => action !== "ec2:DescribeTags");
      assert.deepEqual(others, []);
      // Rights that no other suite needs.
      for (const action of SCHEDULING) assert.ok(action in allowed, action);
      const missing = SEEN_WHEN_READY.filter((action) => allowed[action] === undefined);
      assert.deepEqual(missing, [], "rights that nothing needed");
    });
  });
}
