/** The end of a workshop: nobody's work is lost unasked, and nothing is left. The last of all parts. */
import assert from "node:assert/strict";
import { seenOf } from "../workshop/account";
import { assertNothingLeft, failed, succeeded, type Lab } from "../workshop/lab";
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

    it("without a question once all is saved and nobody works, and leaves nothing", async () => {
      const record = "/opt/tljh/state/workshop-saved.json";
      const { exitCode, stderr } = await workshop().onServer(`
        systemctl stop 'jupyter-*'
        sleep 1; printf '{"export": "%s"}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >${record}; chmod 600 ${record}`);
      assert.equal(exitCode, 0, stderr);
      const destroy = await workshop().change("destroy");
      succeeded(destroy);
      assert.deepEqual(destroy.steps[0], ["test-guard", "delete"]);
      assert.match(destroy.text, /Revoke the token of the course: .*github\.test/);
      await assertNothingLeft(workshop());
    });

    it("and its operator was refused nothing in its life", async () => {
      const { allowed, refused } = await seenOf(workshop(), operator());
      assert.deepEqual(refused, {});
      // Rights that no other suite needs.
      for (const action of SCHEDULING) assert.ok(action in allowed, action);
      const missing = SEEN_WHEN_READY.filter((action) => allowed[action] === undefined);
      assert.deepEqual(missing, [], "rights that nothing needed");
    });
  });
}
