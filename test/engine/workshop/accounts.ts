/** Who has an account, what helpers may do, and the commands of a course's days. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { logIn } from "./hub";
import { succeeded, type Lab, type Step } from "./lab";
import { LOG_IN } from "./ownServer";

/** Opens somebody's JupyterLab, once it is there, agrees where the hub asks, and prints status and address. */
const OPEN = `
open() {
  for _ in $(seq 100); do
    at=$(visit -L -o page.html -w '%{http_code} %{url_effective}' "$site/user/$1/lab")
    case "$at" in *spawn-pending*) sleep 0.3 ;; *) break ;; esac
  done
  case "$at" in "200 "*/hub/api/oauth2/authorize*)
    scopes=$(grep -o 'name="scopes" value="[^"]*' page.html | sed 's/.*value="/--data-urlencode scopes=/')
    at=$(visit -L -o page.html -w '%{http_code} %{url_effective}' $scopes \\
      --data-urlencode "_xsrf=$(token /hub/)" "\${at#* }")
  esac
  echo "$at"
}
`;

/** Starts the person's own server. */
const SPAWN = "visit -o /dev/null -L $site/hub/spawn";

/** Changes the password as the hub's own page does. */
const CHANGE = `
visit -o /dev/null $site/hub/auth/change-password
visit -o /dev/null -w '%{http_code}' --data-urlencode "password=$NEW" \\
  --data-urlencode "_xsrf=$(token /hub/)" $site/hub/auth/change-password
`;

/** Asks the hub's API, as the service of ours. */
const API = `
api() {
  curl -sS -o /tmp/answer -w '%{http_code}' -H "Authorization: token $(cat /opt/tljh/state/workshop-accounts.token)" \\
    -X "$1" "http://127.0.0.1:15001/hub/api/$2"
}
`;

/** Without the steps that share memory and disk among as many participants as there are now. */
function butShares(steps: readonly Step[]): Step[] {
  return steps.filter(([name]) => !["test-class", "test-limits"].includes(name));
}

export function hasAccounts(workshop: () => Lab): void {
  describe("has accounts", () => {
    let url: string;
    let passwords: Record<string, string>;
    const isIn = async (name: string, password: string | undefined) =>
      (await logIn(url, name, password ?? "")).isIn;
    /** Runs lines on the server in a session of somebody's; what they print. */
    const as = async (name: string, password: string | undefined, lines: string) => {
      const script = `NAME=${name}\n${LOG_IN}${OPEN}${lines}`;
      const ran = await workshop().onServer(script, `${password ?? ""}\n`);
      assert.equal(ran.exitCode, 0, ran.stderr);
      return ran.stdout;
    };
    const user = async (...words: string[]) => {
      const ran = await workshop().command("user", ...words);
      succeeded(ran);
      return ran.text;
    };
    const hubStarted = () => workshop().onServer("systemctl show -p ExecMainPID jupyterhub");
    const passwordIn = (text: string) => /password {2}([a-z2-9]{12})$/m.exec(text)?.[1];

    before(async () => {
      ({ url, passwords } = await workshop().outputs());
    });

    it("for admins, helpers, participants and spare ones, each with the password made for it", async () => {
      const names = ["nicolas", "hana", "ana", "bo", "participant01", "spare01"];
      assert.deepEqual(Object.keys(passwords).sort(), [...names].sort());
      for (const name of ["hana", "participant01"]) assert.ok(await isIn(name, passwords[name]));
      const { stdout } = await workshop().onServer(
        `${API} api GET users; python3 -c 'import json; print(*sorted(u["name"] for u in json.load(open("/tmp/answer"))))'`,
      );
      assert.equal(stdout, `200${[...names].sort().join(" ")}\n`);
    });

    it("that no first visitor takes, and none for a name that is unknown", async () => {
      assert.equal(await isIn("spare01", "first come"), false);
      assert.equal(await isIn("spare01", passwords["spare01"]), true);
      assert.equal(await isIn("stranger", "first come"), false);
      assert.equal(await isIn("stranger", "first come"), false);
    });

    it("whose owners are told what is wrong with a password, or with a page of long ago", async () => {
      const post = (form: string) => `visit -o page.html -w '%{http_code} ' -d username=ana \\
        -d password=wrong "$site/hub/login?_xsrf=${form}"
        sed -n 's/.*class="login_error">\\([^<]*\\).*/\\1/p' page.html\n`;
      assert.equal(
        await as("ana", "wrong", post("$(token /hub/)") + post("old")),
        "403 Invalid username or password\n403 Login form invalid or expired. Try again.\n",
      );
    });

    it("of helpers, who open participants' servers and no admin's, and have no sudo", async () => {
      await as("bo", passwords["bo"], SPAWN);
      const open = "open bo; open nicolas; open hana; id -nG jupyter-hana 2>&1 || true";
      const [bo, admin, own, groups] = (await as("hana", passwords["hana"], open)).split("\n");
      assert.match(bo ?? "", /^200 http:\/\/127\.0\.0\.1\/user\/bo\/lab/);
      assert.match(admin ?? "", /^40[34] /);
      assert.match(own ?? "", /^(200|424) /);
      assert.doesNotMatch(groups ?? "", /admins|sudo/);
      const seen = `visit -o list.json $site/hub/api/users -H "X-XSRFToken: $(token /hub/)"
        python3 -c 'import json; print(*sorted(u["name"] for u in json.load(open("list.json"))))'`;
      assert.equal(
        await as("hana", passwords["hana"], `visit -o /dev/null $site/hub/home\n${seen}`),
        "ana bo participant01 spare01\n",
      );
      assert.match(await as("ana", passwords["ana"], "open bo"), /^40[34] /);
    });

    it("more or fewer in seconds, without a restart of the hub", async () => {
      const before = await hubStarted();
      const added = await user("add", "Айгуль Бекова");
      assert.match(added, /person {4}Айгуль Бекова\n +account {3}aigul-bekova\n/);
      const first = passwordIn(added);
      assert.equal(await isIn("aigul-bekova", first), true);
      const second = passwordIn(await user("reset", "aigul-bekova"));
      assert.notEqual(second, first);
      assert.deepEqual(
        [await isIn("aigul-bekova", first), await isIn("aigul-bekova", second)],
        [false, true],
      );
      assert.match(
        await user("list"),
        /^aigul-bekova {2,}participant {2,}Айгуль Бекова {2,}changed {2,}/m,
      );
      assert.equal((await hubStarted()).stdout, before.stdout);
      passwords["aigul-bekova"] = second ?? "";
    });

    it("on slips for who hands them out, with the passwords that are still the first ones", async () => {
      const out = path.join(workshop().project, "handed out");
      const ran = await workshop().command("slips", "--out", out);
      succeeded(ran);
      assert.match(ran.text, /because it was changed: aigul-bekova\n/);
      const table = fs.readFileSync(path.join(out, "slips.csv"), "utf8");
      const page = fs.readFileSync(path.join(out, "slips.html"), "utf8");
      for (const name of ["hana", "ana", "bo", "participant01", "spare01"]) {
        const password = passwords[name] ?? "";
        assert.ok(table.includes(`${name},${password},${url}`) && page.includes(password), name);
        assert.ok(!ran.text.includes(password));
      }
      for (const text of [table, page]) assert.ok(!text.includes(passwords["nicolas"] ?? ""));
      assert.match(table, /^Айгуль Бекова,aigul-bekova,,http/m);
      const modes = ["", "slips.csv", "slips.html"].map(
        (file) => fs.statSync(path.join(out, file)).mode,
      );
      assert.deepEqual(
        modes.map((mode) => mode & 0o777),
        [0o700, 0o600, 0o600],
      );
    });

    it("that come back when they were deleted, and keep what their owners have changed", async () => {
      const NEW = "ana's own; $HOME `id`";
      const { exitCode } = await workshop().onServer(
        `NAME=ana\nNEW=$(cat <<'NEW'\n${NEW}\nNEW\n)\n${LOG_IN}${CHANGE}`,
        `${passwords["ana"]}\n`,
      );
      assert.equal(exitCode, 0);
      assert.equal(await isIn("ana", NEW), true);
      // In the hub's admin page, which asks the same of the hub; and by hand.
      await workshop().onServer(`${API} api DELETE users/participant01
        /opt/tljh/hub/bin/python3 -c 'import dbm; del dbm.open("/opt/tljh/state/passwords.dbm", "w")["spare01"]'`);
      assert.equal(await isIn("participant01", passwords["participant01"]), false);
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(butShares(up.steps), [["test-accounts", "update"]]);
      for (const name of ["participant01", "spare01", "aigul-bekova"]) {
        assert.equal(await isIn(name, passwords[name]), true, name);
      }
      assert.equal(await isIn("ana", NEW), true);
      const now = await workshop().outputs();
      assert.deepEqual(
        ["aigul-bekova", "participant01", "ana"].map((name) => name in now.passwords),
        [true, true, true],
      );
      // As it was, for what comes.
      const reset = `NAME=ana\nNEW=${passwords["ana"]}\n${LOG_IN}${CHANGE}`;
      await workshop().onServer(reset, `${NEW}\n`);
      assert.equal(await isIn("ana", passwords["ana"]), true);
    });

    it("that can be removed; running servers end, files stay until they are told not to", async () => {
      await as("aigul-bekova", passwords["aigul-bekova"], SPAWN);
      await workshop().serverShows(
        "systemctl is-active jupyter-aigul-bekova && echo work >/home/jupyter-aigul-bekova/work",
      );
      assert.match(await user("remove", "aigul-bekova"), /files stay in \/home\/jupyter-aigul/);
      assert.equal(await isIn("aigul-bekova", passwords["aigul-bekova"]), false);
      workshop().configure({ participants: 2, participantNames: ["ana"] });
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(butShares(up.steps), [["test-accounts", "update"]]);
      assert.match(up.text, /No longer accounts: .*bo.*npm run user -- remove bo --files/);
      assert.equal(await isIn("bo", passwords["bo"]), false);
      assert.match(await user("remove", "aigul-bekova", "--files"), /files are deleted/);
      const { stdout } = await workshop().onServer(
        "systemctl is-active jupyter-aigul-bekova jupyter-bo; ls -d /home/jupyter-aigul-bekova /home/jupyter-bo",
      );
      assert.equal(stdout, "inactive\ninactive\n/home/jupyter-bo\n");
    });
  });
}
