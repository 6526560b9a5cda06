/** Nothing changes without a reason. */
import assert from "node:assert/strict";
import { succeeded, type Lab } from "./lab";

export function stays(workshop: () => Lab): void {
  describe("stays as it is", () => {
    it("changes nothing at a preview, a second `up` and a refresh", async () => {
      succeeded(await workshop().preview("--expect-no-changes"));
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, []);
      succeeded(await workshop().change("refresh", "--expect-no-changes"));
    });

    it("previews the steps whose values have changed, and then runs them and no others", async () => {
      workshop().configure({ admins: ["nicolas", "tea"], dataGiB: 6 });
      const preview = await workshop().preview();
      assert.match(preview.text, /~ 5 to update\n +\d+ unchanged/);
      const up = await workshop().change("up");
      succeeded(up);
      // Each home's share of the data volume (test-class) has grown with it.
      const names = ["accounts", "class", "data", "data-volume", "install"];
      assert.deepEqual(
        [...up.steps].sort(),
        names.map((name) => [`test-${name}`, "update"]),
      );
      const { stdout } = await workshop().onServer("tljh-config show");
      assert.match(stdout, /admin:\n +- nicolas\n +- tea\n/);
    });
  });
}
