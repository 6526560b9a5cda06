/** The token is where it has to be, and nowhere else. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { succeeded, type Lab } from "../workshop/lab";
import { currentToken } from "./server";

/** Of a token, in the forms in which it could lie about. */
function forms(token: string): string[] {
  const login = Buffer.from(`x-access-token:${token}`).toString("base64");
  return [token, login, Buffer.from(token).toString("base64").replace(/=+$/, "")];
}

/** Files below a folder that hold one of the texts. */
function holding(folder: string, texts: readonly string[]): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => path.join(folder, file))
    .filter((file) => fs.statSync(file).isFile())
    .filter((file) => {
      const content = fs.readFileSync(file);
      return texts.some((text) => content.includes(text));
    });
}

export function secrets(workshop: () => Lab): void {
  describe("the token", () => {
    it("is in no state, checkpoint or backup in plain, no event log, and nothing printed at the highest verbosity", async () => {
      const { token } = await workshop().github.newToken();
      await workshop().configureSecret("gitToken", token);
      const up = await workshop().change("up", "-v=11", "--logtostderr", "--logflow");
      succeeded(up);
      assert.ok(up.text.length > 100_000, "verbose");
      const texts = forms(token);
      for (const text of texts) assert.ok(!up.text.includes(text), "printed");
      const state = path.join(workshop().rehearsal.folder, "pulumi/.pulumi");
      assert.ok(holding(state, ["test-git-credentials"]).length > 0);
      assert.deepEqual(holding(state, texts), []);
      assert.deepEqual(holding(workshop().project, texts), []);
    });

    it("is on the server in the credentials file and Traefik's rule, and in no other file or journal", async () => {
      const token = await currentToken(workshop());
      const find = `
        journalctl --no-pager -o export >/dev/shm/journal
        grep -rlIF -f - / --exclude-dir=proc --exclude-dir=sys 2>/dev/null | sort`;
      const found = await workshop().onServer(find, `${forms(token).join("\n")}\n`);
      const [file, rule, ...more] = found.stdout.trim().split("\n");
      assert.equal(file, "/etc/git-credentials");
      assert.match(rule ?? "", /^\/etc\/workshop\/sealed\/rule-[0-9a-f]{12}\.toml$/);
      assert.deepEqual(more, []);
      // The search finds what is planted, wherever it is.
      const planted = [
        "/home/jupyter-aisuluu/.bash_history",
        "/var/log/planted",
        "/dev/shm/planted",
      ];
      await workshop().onServer(`tee ${planted.join(" ")} >/dev/null`, token);
      const again = await workshop().onServer(find, `${forms(token).join("\n")}\n`);
      await workshop().onServer(`rm -f ${planted.join(" ")} /dev/shm/journal`);
      for (const one of planted) assert.ok(again.stdout.includes(`${one}\n`), one);
    });

    it("is in no process's arguments or environment while it is rotated", async () => {
      const { token } = await workshop().github.newToken();
      await workshop().configureSecret("gitToken", token);
      const watch = workshop().onServer(
        `read -r -d '' words
         end=$((SECONDS + 60)); looks=0
         until [ -e /dev/shm/watched ] || [ $SECONDS -ge $end ]; do
           looks=$((looks + 1))
           grep -laF -e "$words" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
         done; echo "looked $((looks > 20))"`,
        `${forms(token).join("\n")}\0`,
      );
      succeeded(await workshop().change("up"));
      await workshop().onServer("touch /dev/shm/watched");
      assert.equal((await watch).stdout, "looked 1\n");
      await workshop().onServer("rm /dev/shm/watched");
    });
  });
}
