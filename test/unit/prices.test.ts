import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { awsClients } from "../../components/awsClients";
import { priceIn, priceListRegion } from "../../components/priceList";
import { pricesOf } from "../../components/prices";
import { tablePrices } from "../../components/priceTable";
import { getProducts } from "../../rehearsal/cloud/priceList";

/** An entry of the list with one price. */
function entry(usagetype: string, USD: string, effectiveDate = "2026-11-01T00:00:00Z"): string {
  const priceDimensions = { rate: { pricePerUnit: { USD } } };
  return JSON.stringify({
    product: { attributes: { usagetype } },
    terms: { OnDemand: { term: { effectiveDate, priceDimensions } } },
  });
}

function awsAt(port: number) {
  const values: Record<string, string> = {
    region: "ap-south-1",
    endpoints: JSON.stringify([{ pricing: `http://127.0.0.1:${port}` }]),
    accessKey: "nobody",
    secretKey: "nothing",
  };
  return awsClients((key) => values[key] ?? "");
}

describe("AWS's price list", () => {
  it("is asked where it answers, nearest to the stack's region", () => {
    const asked = ["ap-south-1", "ap-southeast-3", "eu-north-1", "me-central-1", "us-west-2"];
    assert.deepEqual(asked.map(priceListRegion), [
      "ap-south-1",
      "ap-south-1",
      "eu-central-1",
      "eu-central-1",
      "us-east-1",
    ]);
    assert.deepEqual(["cn-north-1", "us-gov-west-1"].map(priceListRegion), [undefined, undefined]);
  });

  it("gives the price of the usage that is meant, not of its neighbours", () => {
    const entries = [
      entry("APS3-UnusedBox:t3.xlarge", "0.5"),
      entry("APS3-BoxUsage:t3.xlarge", "0.0000000000"),
      entry("APS3-BoxUsage:t3.xlarge", "0.1792000000"),
    ];
    assert.deepEqual(priceIn(entries, /BoxUsage:t3\.xlarge$/), {
      usd: 0.1792,
      since: "2026-11-01",
    });
  });

  it("gives none where there is none, or where two do not agree", () => {
    const two = [entry("BoxUsage:t3.xlarge", "0.1"), entry("BoxUsage:t3.xlarge", "0.2")];
    assert.equal(priceIn(two, /BoxUsage/), undefined);
    assert.equal(priceIn([], /BoxUsage/), undefined);
    assert.equal(priceIn([JSON.stringify({})], /BoxUsage/), undefined);
    assert.equal(priceIn([entry("BoxUsage:t3.xlarge", "dear")], /BoxUsage/), undefined);
  });

  describe("or the table", () => {
    let server: Server;
    let answer: (body: string) => string | undefined;
    const port = () => (server.address() as AddressInfo).port;
    before(async () => {
      server = createServer((incoming, outgoing) => {
        let text = "";
        incoming.on("data", (data: Buffer) => (text += data.toString()));
        incoming.on("end", () => {
          const body = answer(text);
          if (body === undefined) return;
          outgoing.writeHead(body.startsWith("{") ? 200 : 403).end(body);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    it("tells prices of the list, and since when they are in force", async () => {
      answer = (body) => JSON.stringify(getProducts(JSON.parse(body) as object));
      const { source, ...prices } = await pricesOf(awsAt(port()), "t3.xlarge");
      assert.equal(source, "AWS's price list, in force since 2026-11-01");
      assert.deepEqual(prices, {
        region: "ap-south-1",
        instanceType: "t3.xlarge",
        instanceHour: 0.1792,
        gp3GiBMonth: 0.0912,
        snapshotGiBMonth: 0.05,
        ipv4Hour: 0.005,
        surplusVcpuHour: 0.05,
      });
    });

    it("has no price for a type that the list does not have, though the table might", async () => {
      answer = (body) => JSON.stringify(getProducts(JSON.parse(body) as object));
      const prices = await pricesOf(awsAt(port()), "m5.xlarge");
      assert.equal(prices.instanceHour, undefined);
      assert.equal(prices.gp3GiBMonth, 0.0912);
      assert.equal(prices.surplusVcpuHour, undefined);
    });

    for (const [what, reply] of [
      ["is silent", undefined],
      ["refuses", "no"],
      ["answers nonsense", "{"],
    ] as const) {
      it(`takes the table and says so when the list ${what}`, async () => {
        answer = () => reply;
        const prices = await pricesOf(awsAt(port()), "t3.xlarge", "ap-south-1", 300);
        assert.match(
          prices.source,
          /table of \d{4}-\d\d-\d\d, since AWS's price list did not answer/,
        );
        assert.equal(prices.instanceHour, 0.1792);
      });
    }

    it("asks nobody where a stack with endpoints of its own names none for prices", async () => {
      let asked = 0;
      answer = () => `${(asked += 1)}`;
      const endpoints = JSON.stringify([{ ec2: `http://127.0.0.1:${port()}` }]);
      const aws = awsClients((key) => ({ region: "ap-south-1", endpoints })[key] ?? "");
      assert.match((await pricesOf(aws, "t3.xlarge")).source, /table/);
      assert.equal(asked, 0);
    });
  });
});

describe("the table of prices", () => {
  it("knows the sizes of its families by one of them", () => {
    const cases: [region: string, type: string, usd: number][] = [
      ["ap-south-1", "t3.xlarge", 0.1792],
      ["ap-south-1", "t3.medium", 0.0448],
      ["ap-south-1", "t3a.2xlarge", 0.1971],
      ["ap-south-1", "t3a.large", 0.0493],
      ["ap-south-1", "t3a.medium", 0.0246],
      ["eu-central-1", "t3.small", 0.024],
      ["eu-central-1", "m5.16xlarge", 3.68],
      ["us-east-1", "t3.micro", 0.0104],
      ["us-east-1", "m5.24xlarge", 4.608],
    ];
    for (const [region, type, usd] of cases) {
      assert.equal(tablePrices(region, type).instanceHour, usd, `${type} in ${region}`);
    }
  });

  it("has no price for what it does not know", () => {
    for (const type of ["t3.4xlarge", "m5.micro", "x9.large", "t3", ""]) {
      assert.equal(tablePrices("ap-south-1", type).instanceHour, undefined, type);
    }
    assert.deepEqual(tablePrices("sa-east-1", "t3.xlarge"), {});
    assert.deepEqual(tablePrices("eu-west-1", "x9.large"), {
      gp3GiBMonth: 0.088,
      snapshotGiBMonth: 0.05,
    });
  });
});
