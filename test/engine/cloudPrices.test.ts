/** What the front door answers itself: a price list and quotas. */
import assert from "node:assert/strict";
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetProductsCommand, PricingClient } from "@aws-sdk/client-pricing";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { CloudLab, REGION } from "./cloudLab";

const FILTERS = [
  { Type: "TERM_MATCH", Field: "regionCode", Value: REGION },
  { Type: "TERM_MATCH", Field: "instanceType", Value: "t3.xlarge" },
  { Type: "TERM_MATCH", Field: "capacitystatus", Value: "Used" },
] as const;
const PRODUCTS = new GetProductsCommand({ ServiceCode: "AmazonEC2", Filters: [...FILTERS] });
const quota = (QuotaCode: string) => new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode });

describe("prices and quotas in the rehearsal's AWS", function () {
  this.timeout(60_000);
  let lab: CloudLab;
  const root = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
  const options = (credentials = root) => ({
    region: REGION,
    endpoint: lab.endpoint,
    maxAttempts: 1,
    credentials,
  });
  before(async () => {
    lab = await CloudLab.open();
  });
  after(() => lab?.close());

  it("tells products in AWS's form, with their price as text", async () => {
    const answer = await new PricingClient(options()).send(PRODUCTS);
    const [text = "", ...others] = ((answer as { PriceList?: unknown[] }).PriceList ?? []).map(
      String,
    );
    assert.equal(others.length, 0);
    assert.match(text, /"usagetype":"APS3-BoxUsage:t3\.xlarge"/);
    assert.match(text, /"pricePerUnit":\{"USD":"0\.1792000000"\}/);
  });

  it("tells the quotas that it keeps to", async () => {
    const client = new ServiceQuotasClient(options());
    lab.door.control.quotas = { vcpus: 4, addresses: 1 };
    const vcpus = await client.send(quota("L-1216C47A"));
    const addresses = await client.send(quota("L-0263D0A3"));
    assert.deepEqual([vcpus.Quota?.Value, addresses.Quota?.Value], [4, 1]);
    lab.door.control.quotas = {};
    assert.ok(((await client.send(quota("L-1216C47A"))).Quota?.Value ?? 0) > 100);
    await assert.rejects(client.send(quota("L-0")), { name: "NoSuchResourceException" });
  });

  it("refuses both to a user without the right, and notes it", async () => {
    const iam = new IAMClient(options());
    await iam.send(new CreateUserCommand({ UserName: "somebody" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "somebody" }));
    const accessKeyId = AccessKey?.AccessKeyId ?? "";
    const key = { accessKeyId, secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    const pricing = new PricingClient(options(key));
    await assert.rejects(pricing.send(PRODUCTS), (error: Error) => {
      assert.equal(error.name, "AccessDeniedException");
      assert.match(
        error.message,
        /user\/somebody is not authorized to perform: pricing:GetProducts/,
      );
      return true;
    });
    const Statement = [{ Effect: "Allow", Action: "pricing:GetProducts", Resource: "*" }];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const policy = { UserName: "somebody", PolicyName: "prices", PolicyDocument };
    await iam.send(new PutUserPolicyCommand(policy));
    await pricing.send(PRODUCTS);
    await assert.rejects(new ServiceQuotasClient(options(key)).send(quota("L-1216C47A")), {
      name: "AccessDeniedException",
    });
    const seen = lab.door.control.seen.all()[accessKeyId];
    assert.deepEqual(seen?.allowed, { "pricing:GetProducts": 1 });
    assert.deepEqual(seen?.refused, {
      "pricing:GetProducts": 1,
      "servicequotas:GetServiceQuota": 1,
    });
  });

  it("keeps silent, or fails, when a test wants it", async () => {
    const pricing = new PricingClient(options());
    lab.door.control.refuse("GetProducts", "Silence");
    const abortSignal = AbortSignal.timeout(200);
    await assert.rejects(pricing.send(PRODUCTS, { abortSignal }), { name: "AbortError" });
    lab.door.control.refuse("GetProducts", "ThrottlingException");
    await assert.rejects(pricing.send(PRODUCTS), { name: "ThrottlingException" });
    await pricing.send(PRODUCTS);
  });
});
