/** Links for participants: short addresses on the hub, and wrong ones found at `pulumi up`. */
import assert from "node:assert/strict";
import { failed, succeeded, type Lab } from "../workshop/lab";
import { COURSE, DATA } from "./server";

/** The content of the `dev` stack, in another order than alphabetical. */
const CONTENT = [
  { repo: COURSE, open: "notebooks/1_introduction.ipynb", name: "introduction" },
  { repo: DATA, app: "notebook" },
];
/** What stands in front of the list on the hub's pages. */
const LIST =
  /Course material: <a href="\/introduction">introduction<\/a> · <a href="\/field-data">/;

export function content(workshop: () => Lab): void {
  let url = "";
  let links: Record<string, string> = {};

  /** Where the hub sends somebody who asks for an address. */
  async function leadsTo(short: string): Promise<string> {
    const answer = await fetch(`${url}${short}`, { redirect: "manual" });
    await answer.arrayBuffer();
    assert.equal(answer.status, 302, short);
    return answer.headers.get("location") ?? "";
  }
  const loginPage = async () => (await fetch(`${url}/hub/login`)).text();
  const changed = async (entries: unknown[] | undefined) => {
    workshop().configure({ content: entries });
    return workshop().change("up");
  };
  /** When hub and proxy were started. */
  const started = async () =>
    (
      await workshop().onServer(
        "systemctl show -p ExecMainStartTimestampMonotonic traefik jupyterhub",
      )
    ).stdout;

  describe("the links of a course", () => {
    let atFirst: string;
    before(async () => {
      succeeded(await changed(CONTENT));
      const outputs = (await workshop().outputs()) as unknown as {
        url: string;
        links: typeof links;
      };
      ({ url, links } = outputs);
      atFirst = await started();
    });

    it("have short addresses on the hub, and /start for the first", async () => {
      assert.deepEqual(Object.keys(links).sort(), ["field-data", "introduction"]);
      assert.equal(await leadsTo("/introduction"), links["introduction"]);
      assert.equal(await leadsTo("/field-data"), links["field-data"]);
      assert.equal(await leadsTo("/start"), links["introduction"]);
      // Nothing but exactly that.
      assert.equal(await leadsTo("/start/x"), "/hub/start/x");
    });

    it("are not to be had where participants' git finds the hub's proxy", async () => {
      const { stdout } = await workshop().onServer(
        "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:890/start",
      );
      assert.equal(stdout, "404");
    });

    it("are listed on the hub's login page", async () => {
      assert.match(await loginPage(), LIST);
    });

    it("are looked at in each preview, in which a new commit is no change", async () => {
      const file = { "notebooks/new.md": "New\n" };
      await workshop().github.push(COURSE, "main", file, "A new file");
      const asked = async () => (await workshop().github.log()).length;
      const sofar = await asked();
      succeeded(await workshop().preview("--expect-no-changes"));
      assert.ok((await asked()) > sofar, "nothing asked the host");
    });

    it("fail `up` where one leads nowhere, with what is meant, and stay as they were", async () => {
      const ran = await changed([
        { repo: COURSE, open: "1_introduction.ipynb", name: "introduction" },
        { repo: DATA, app: "notebook", branch: "mian" },
        { repo: COURSE, open: "notebooks/2_Darcy.ipynb", name: "darcy" },
      ]);
      failed(
        ran,
        /3 problems/,
        /'content\[0\]\.open' notebooks\/1_introduction\.ipynb/,
        /'content\[1\]\.branch' main/,
        /'content\[2\]\.open' notebooks\/2_darcy\.ipynb/,
        /pulumi config --stack test set --path 'content\[0\]\.open'/,
      );
      assert.deepEqual(
        ran.steps.filter(([name]) => name.endsWith("-links")),
        [],
      );
      assert.equal(await leadsTo("/start"), links["introduction"]);
      succeeded(await changed(CONTENT));
    });

    it("fail `up` where the token cannot read one, and stay as they were", async () => {
      const ran = await changed([...CONTENT, { repo: "river-lab/groundwater-curse" }]);
      failed(
        ran,
        /river-lab\/groundwater-curse does not exist at github\.test, or the token may not/,
      );
      assert.equal(await leadsTo("/start"), links["introduction"]);
      succeeded(await changed(CONTENT));
    });

    it("fail the next `up` when the notebook is taken away, and only that", async () => {
      const lesson = "notebooks/extra.ipynb";
      await workshop().github.push(COURSE, "main", { [lesson]: "{}" }, "One more");
      succeeded(await changed([...CONTENT, { repo: COURSE, open: lesson, name: "extra" }]));
      await workshop().github.push(COURSE, "main", { "x.md": "" }, "Away with it", [lesson]);
      failed(
        await workshop().change("up"),
        /content\[2\]\.open \(extra\) does not exist on branch/,
      );
      const { steps } = await changed(CONTENT);
      assert.deepEqual(steps, [
        ["test-content-check", "update"],
        ["test-links", "update"],
      ]);
    });

    it("are no matter while the host is silent", async () => {
      await workshop().github.fault({ path: `/${DATA}`, status: 503 });
      try {
        succeeded(await workshop().preview("--expect-no-changes"));
      } finally {
        await workshop().github.clearFaults();
      }
    });

    it("go without content, as does what is kept of the repositories, and come back", async () => {
      succeeded(await changed(undefined));
      assert.equal(await leadsTo("/start"), "/hub/start");
      assert.doesNotMatch(await loginPage(), /Course material/);
      const { stdout } = await workshop().onServer(
        "ls -d /var/cache/workshop-content /opt/tljh/state/*/workshop-links* /opt/tljh/state/workshop-links* 2>/dev/null",
      );
      assert.equal(stdout, "");
      succeeded(await changed(CONTENT));
      assert.equal(await leadsTo("/start"), links["introduction"]);
      assert.match(await loginPage(), LIST);
    });

    it("have changed all the time with neither hub nor proxy restarted", async () => {
      assert.equal(await started(), atFirst);
    });
  });
}
