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

    it("comes up, says which record is missing, and answers the server itself alone", async () => {
      const { lab, address } = workshop();
      await saysAndOrdersNothing(
        new RegExp(`https://${NAME} does not exist yet: the name has no address`),
        new RegExp(`ask IT for this record: ${NAME}\\. 3600 IN A ${address}; then pulumi up`),
      );
      assert.equal(await plainHttp(address, address), "ECONNREFUSED");
      const local = await lab.onServer(
        "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/hub/login",
      );
      assert.equal(local.stdout, "200");
    });

    it("changes nothing at the next `up`, but says it again", async () => {
      const { lab } = workshop();
      succeeded(await lab.preview("--expect-no-changes"));
      await saysAndOrdersNothing(/does not exist yet/);
    });

    it("says where the name points instead", async () => {
      await workshop().lab.dns.set(NAME, "A", "192.0.2.7");
      await saysAndOrdersNothing(/points elsewhere/, /received: 127\.0\.0\.1:\d+: 192\.0\.2\.7/);
    });

    it("says that a foreign IPv6 address would lead visitors elsewhere", async () => {
      const { lab, address } = workshop();
      await lab.dns.set(NAME, "A", address);
      await lab.dns.set(NAME, "AAAA", "2001:db8::7");
      await saysAndOrdersNothing(/has an IPv6 address/, /2001:db8::7/, /remove the AAAA record/);
    });

    it("says that a CAA record above the name forbids the issuer", async () => {
      const { lab } = workshop();
      await lab.dns.remove(NAME, "AAAA");
      await lab.dns.set("workshop.test", "CAA", '0 issue "digicert.com"');
      await saysAndOrdersNothing(
        /a CAA record forbids it/,
        /workshop\.test CAA issue "digicert\.com"/,
        /workshop\.test\. IN CAA 0 issue "letsencrypt\.org"/,
      );
      await lab.dns.remove("workshop.test", "CAA");
    });

    it("says that port 443 is closed, though the name points here", async () => {
      const { lab } = workshop();
      const ec2 = lab.ec2();
      const groups = await ec2.send(
        new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:stack", Values: ["test"] }] }),
      );
      const group = groups.SecurityGroups?.find((one) => one.IpPermissions?.length);
      const rule = {
        GroupId: group?.GroupId,
        IpPermissions: group?.IpPermissions?.filter((one) => one.FromPort === 443),
      };
      assert.equal(rule.IpPermissions?.length, 1);
      await ec2.send(new RevokeSecurityGroupIngressCommand(rule));
      await saysAndOrdersNothing(/Port 443 of the server is closed/, /pulumi up .*--refresh/);
      await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    });
  });
}
