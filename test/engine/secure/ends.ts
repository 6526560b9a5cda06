/** The name is given up, and then the workshop. */
import assert from "node:assert/strict";
import { DescribeAddressesCommand } from "@aws-sdk/client-ec2";
import { assertNothingLeft, succeeded } from "../workshop/lab";
import type { Secured } from "./secure.test";
import { plainHttp } from "./site";

export function ends(workshop: () => Secured): void {
  describe("that ends", () => {
    it("is open over plain http again without a domain, and warns of it", async () => {
      const { lab, address } = workshop();
      lab.configure({ domain: undefined, extraDomains: undefined, dnsZone: undefined });
      const up = await lab.change("up");
      succeeded(up);
      assert.match(up.text, /No domain is configured: passwords travel unencrypted/);
      assert.equal(await plainHttp(address, address), "200");
    });

    it("leaves nothing but the user's own address", async () => {
      const { lab, address } = workshop();
      succeeded(await lab.change("destroy"));
      await assertNothingLeft(lab);
      const { Addresses = [] } = await lab.ec2().send(new DescribeAddressesCommand({}));
      assert.deepEqual(
        Addresses.map(({ PublicIp, AssociationId }) => [PublicIp, AssociationId]),
        [[address, undefined]],
      );
    });
  });
}
