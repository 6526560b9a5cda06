import { strict as assert } from "node:assert";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
  type ChangeAction,
} from "@aws-sdk/client-route-53";
import { readZones } from "../../rehearsal/dns/zones";
import { Session } from "../../rehearsal/plugins/aws/client";
import { plugin } from "../../rehearsal/plugins/aws/plugin";
import type { ResourceType, Values } from "../../rehearsal/plugins/base";
import { CloudLab, refusalOf } from "./cloudLab";

const RECORD = "aws:route53/record:Record";
const ZONE = "workshop.test";
const CONTEXT = { urn: "urn:pulumi:t::p::x::record", name: "record", timeoutSeconds: 5 };

/** In order: each starts from the records that the one before has left. */
describe("Route 53", function () {
  let lab: CloudLab;
  let client: Route53Client;
  let aws: ReturnType<typeof plugin>;
  let zoneId: string;
  let made: { id: string; inputs: Values; outputs: Values };

  before(async () => {
    lab = await CloudLab.open();
    const { endpoint } = lab;
    const keys = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
    client = new Route53Client({ region: "us-east-1", endpoint, credentials: keys });
    const session = new Session();
    aws = plugin(session);
    await session.configure({
      ...{ region: "ap-south-1", accessKey: "rehearsal", secretKey: "rehearsal" },
      skipCredentialsValidation: "true",
      endpoints: JSON.stringify([{ ec2: endpoint, sts: endpoint, route53: endpoint }]),
    });
  });
  after(async () => {
    client.destroy();
    await lab.close();
  });

  const type = (): Required<ResourceType> => aws.resources[RECORD] as Required<ResourceType>;
  const getZone = (args: Values) => aws.functions["aws:route53/getZone:getZone"]?.(args);
  const create = async (news: Values) => {
    const { inputs, failures } = type().check(news, undefined, CONTEXT);
    assert.deepEqual(failures ?? [], []);
    return { inputs, ...(await type().create(inputs, CONTEXT)) };
  };
  const inDns = async (name: string, kind = "A") => {
    const records = (await readZones(client)).flatMap((zone) => zone.records);
    return records.filter((one) => one.name === name && one.type === kind);
  };
  const byHand = (Action: ChangeAction, name: string, ...values: string[]) =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ChangeBatch: {
          Changes: [
            {
              Action,
              ResourceRecordSet: {
                ...{ Name: name, Type: "A", TTL: 60 },
                ResourceRecords: values.map((Value) => ({ Value })),
              },
            },
          ],
        },
      }),
    );
  const www = () => ({ zoneId, name: "WWW", type: "A", ttl: 300, records: ["127.0.0.1"] });

  it("has the user's zone from the start, with its own records in form", async () => {
    const found = await getZone({ name: `${ZONE}.` });
    zoneId = found["zoneId"] as string;
    assert.deepEqual(await getZone({ name: ZONE }), { ...found, name: ZONE });
    assert.equal((found["nameServers"] as string[]).length, 4);
    const [start] = await inDns(ZONE, "SOA");
    assert.match(start?.values[0] ?? "", /^ns-[^{]+ \d+ \d+ \d+ \d+ \d+$/);
    assert.equal(`${found["primaryNameServer"] as string}.`, start?.values[0]?.split(" ")[0]);
  });

  it("says so when there is no zone of a name, and when there are several", async () => {
    await assert.rejects(
      async () => getZone({ name: "elsewhere.test" }),
      /no matching Route 53 Hosted Zone found/,
    );
    for (const CallerReference of ["one", "two"])
      await client.send(new CreateHostedZoneCommand({ Name: "twice.test", CallerReference }));
    await assert.rejects(
      async () => getZone({ name: "twice.test" }),
      /multiple Route 53 Hosted Zones matched; use additional constraints/,
    );
  });

  it("takes a record, named inside its zone or as a whole", async () => {
    made = await create(www());
    assert.equal(made.id, `${zoneId}_www_A`);
    assert.equal(made.outputs["fqdn"], `www.${ZONE}`);
    assert.deepEqual(await inDns(`www.${ZONE}`), [
      { name: `www.${ZONE}`, type: "A", ttl: 300, values: ["127.0.0.1"] },
    ]);
    const whole = await create({ ...www(), name: `hub.${ZONE}` });
    assert.equal(whole.outputs["fqdn"], `hub.${ZONE}`);
    await type().delete(whole.id, whole.inputs, whole.outputs, CONTEXT);
    assert.deepEqual(await inDns(`hub.${ZONE}`), []);
  });

  it("makes none that is there already, unless that is allowed", async () => {
    const other = { ...www(), records: ["127.0.0.2"] };
    await assert.rejects(
      create(other),
      /creating Route53 Record: operation error Route 53: ChangeResourceRecordSets.*InvalidChangeBatch: Tried to create resource record set \[name='www\.workshop\.test\.', type='A'\] but it already exists/,
    );
    assert.equal((await inDns(`www.${ZONE}`))[0]?.values[0], "127.0.0.1");
    await create({ ...other, allowOverwrite: true });
    assert.equal((await inDns(`www.${ZONE}`))[0]?.values[0], "127.0.0.2");
  });

  it("sees a record that somebody changed, and heals it in place", async () => {
    const { id, inputs, outputs } = made;
    const seen = await type().read(id, inputs, outputs, CONTEXT);
    assert.deepEqual(seen?.inputs["records"], ["127.0.0.2"]);
    const olds = [seen?.inputs ?? {}, seen?.outputs ?? {}] as const;
    assert.deepEqual(type().diff(id, ...olds, inputs).replaces, []);
    const news = { ...inputs, ttl: 3600 };
    const now = await type().update(id, ...olds, news, CONTEXT);
    assert.deepEqual(await inDns(`www.${ZONE}`), [
      { name: `www.${ZONE}`, type: "A", ttl: 3600, values: ["127.0.0.1"] },
    ]);
    made = { id, inputs: news, outputs: now };
  });

  it("removes it as it is then, is content when it is gone, and makes it again", async () => {
    const { id, inputs, outputs } = made;
    await byHand("UPSERT", `www.${ZONE}`, "127.0.0.9");
    await type().delete(id, inputs, outputs, CONTEXT);
    assert.deepEqual(await inDns(`www.${ZONE}`), []);
    assert.equal(await type().read(id, inputs, outputs, CONTEXT), undefined);
    await type().delete(id, inputs, outputs, CONTEXT);
    await create(inputs);
    assert.equal((await inDns(`www.${ZONE}`)).length, 1);
  });

  it("puts text into the quotes that AWS wants, and takes it out again", async () => {
    const text = await create({ ...www(), type: "TXT", records: ["v=spf1 -all"] });
    assert.deepEqual(text.outputs["records"], ["v=spf1 -all"]);
    assert.deepEqual((await inDns(`www.${ZONE}`, "TXT"))[0]?.values, ['"v=spf1 -all"']);
  });

  it("knows a record from its id alone, as an import has it", async () => {
    const imported = await type().read(`${zoneId}_www_A`, {}, {}, CONTEXT);
    const { region, ...inputs } = imported?.inputs ?? {};
    assert.deepEqual([region, inputs], ["ap-south-1", { ...www(), name: "www", ttl: 3600 }]);
  });

  it("refuses a record by hand that is there, as AWS does", async () => {
    const { code } = await refusalOf(byHand("CREATE", `www.${ZONE}`, "127.0.0.7"));
    assert.equal(code, "InvalidChangeBatch");
  });
});
