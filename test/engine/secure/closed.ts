/** As long as the name does not point here: nothing is ordered, and no password is asked for. */
import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { succeeded } from "../workshop/lab";
import { NAME, type Secured } from "./secure.test";
import { plainHttp } from "./site";

/** Names of the server, each with a record that will not do. */
const ELSEWHERE = "elsewhere.workshop.test";
const SIX = "six.workshop.test";
const FORBIDDEN = "forbidden.workshop.test";

export function closed(workshop: () => Secured): void {
  describe("whose name does not point here yet", () => {
    /** An `up` that succeeds, says these things, and orders nothing. */
    async function saysAndOrdersNothing(...texts: RegExp[]): Promise<void> {
      const { lab } = workshop();
      const up = await lab.change("up");
      succeeded(up);
      for (const text of texts) assert.match(up.text, text);
      assert.match(up.text, new RegExp(`https://${NAME} is not open yet`));
      assert.deepEqual(await lab.acme.orders(), []);
    }

    it("tells the record for IT before there is anything: the address was reserved", async () => {
      const { lab, address } = workshop();
      const preview = await lab.preview();
      succeeded(preview);
      assert.match(preview.text, new RegExp(`${NAME}\\. 3600 IN A ${address}`));
      assert.equal((await lab.machines()).size, 0);
    });

    it("comes up, says of each name what keeps it back, and answers the server itself alone", async () => {
      const { lab, address } = workshop();
      lab.configure({ extraDomains: [ELSEWHERE, SIX, FORBIDDEN] });
      await lab.dns.set(ELSEWHERE, "A", "192.0.2.7");
      for (const name of [SIX, FORBIDDEN]) await lab.dns.set(name, "A", address);
      await lab.dns.set(SIX, "AAAA", "2001:db8::7");
      await lab.dns.set(FORBIDDEN, "CAA", '0 issue "digicert.com"');
      await saysAndOrdersNothing(
        new RegExp(`https://${NAME} does not exist yet: the name has no address`),
        new RegExp(`ask IT for this record: ${NAME}\\. 3600 IN A ${address}; then pulumi up`),
        new RegExp(
          `https://${ELSEWHERE} points elsewhere\n +received: 127\\.0\\.0\\.1:\\d+: 192\\.0\\.2\\.7`,
        ),
        new RegExp(`https://${SIX} has an IPv6 address`),
        /2001:db8::7[^]*remove the AAAA record/,
        new RegExp(`https://${FORBIDDEN} may not have a certificate[^]*a CAA record forbids it`),
        new RegExp(`${FORBIDDEN}\\. IN CAA 0 issue "letsencrypt\\.org"`),
      );
      assert.equal(await plainHttp(address, address), "ECONNREFUSED");
      const local = await lab.onServer(
        "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/hub/login",
      );
      assert.equal(local.stdout, "200");
    });

    it("changes nothing at the next `up`, but says it again", async () => {
      const { lab } = workshop();
      const up = await lab.change("up");
      succeeded(up);
      assert.deepEqual(up.steps, []);
      assert.match(up.text, /does not exist yet/);
      assert.match(up.text, new RegExp(`https://${NAME} is not open yet`));
    });

    it("says which ports are closed, though the name points here", async () => {
      const { lab, address } = workshop();
      lab.configure({ extraDomains: undefined });
      await lab.dns.set(NAME, "A", address);
      const ec2 = lab.ec2();
      const groups = await ec2.send(
        new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:stack", Values: ["test"] }] }),
      );
      const group = groups.SecurityGroups?.find((one) => one.IpPermissions?.length);
      const rule = {
        GroupId: group?.GroupId,
        IpPermissions: group?.IpPermissions?.filter((one) => one.FromPort !== 22),
      };
      assert.deepEqual(rule.IpPermissions?.map((one) => one.FromPort).sort(), [443, 80]);
      await ec2.send(new RevokeSecurityGroupIngressCommand(rule));
      await saysAndOrdersNothing(
        /Port 443 of the server is closed/,
        /Port 80 of the server is closed: http:\/\/ does not lead to https/,
        /pulumi up .*--refresh/,
      );
      await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    });
  });
}
