/** What a person gets who logs in: a server of one's own, and a kernel in it. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";
import { COMPUTE, START } from "./ownServer";

/** Prints where it ended, how the kernel's messages travel, and what it computes. */
const WORK = `
${START}${COMPUTE}
echo "$page"
grep -o '<title>[^<]*' lab.html
grep -h '"transport"' $file
compute <<<'print(5 * 4)'
stat -c '%a %U' /home/jupyter-$NAME
`;

export function worksForParticipants(workshop: () => Lab): void {
  it("gives who logs in JupyterLab and a kernel that computes, and needs no TCP port", async () => {
    const { passwords } = await workshop().outputs();
    const { stdout, stderr } = await workshop().onServer(
      `NAME=nicolas\n${WORK}`,
      passwords["nicolas"],
    );
    const [page, title, transport, result, home] = stdout.split("\n");
    assert.match(page ?? "", /^200 http:\/\/127\.0\.0\.1\/user\/nicolas\/lab/, stdout + stderr);
    assert.equal(title, "<title>JupyterLab");
    assert.match(transport ?? "", /"transport": "ipc"/);
    assert.equal(result, "20", stderr);
    assert.match(home ?? "", /^7[0-7]0 jupyter-nicolas$/);
  });
}
