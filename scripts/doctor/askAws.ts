/** What AWS tells of a stack's machine. */
import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeSecurityGroupRulesCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Door } from "../doorsText";
import type { AwsFacts, Known } from "./facts";

const GONE: AwsFacts = {
  state: "gone",
  systemCheck: "",
  instanceCheck: "",
  events: [],
  type: "",
  doors: [],
};

/** For AWS as a whole: one that is out of reach shall not keep the rest waiting. */
const LIMIT_MS = 8_000;

/** The machine's state, AWS's checks of it, and the security groups' rules. Never throws. */
export async function askAws(ec2: EC2Client, instanceId: string): Promise<Known<AwsFacts>> {
  const abortSignal = AbortSignal.timeout(LIMIT_MS);
  try {
    const [instances, status] = await Promise.all([
      ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }),
      ec2.send(
        new DescribeInstanceStatusCommand({
          InstanceIds: [instanceId],
          IncludeAllInstances: true,
        }),
        { abortSignal },
      ),
    ]);
    const instance = instances.Reservations?.[0]?.Instances?.[0];
    if (!instance) return GONE;
    const [told] = status.InstanceStatuses ?? [];
    const groups = (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
    return {
      state: instance.State?.Name ?? "unknown",
      systemCheck: told?.SystemStatus?.Status ?? "",
      instanceCheck: told?.InstanceStatus?.Status ?? "",
      events: (told?.Events ?? [])
        .filter(({ Description = "" }) => !/^\[(Completed|Canceled)\]/.test(Description))
        .map(({ Code = "", NotBefore }) => `${Code} ${NotBefore?.toISOString() ?? ""}`.trim()),
      type: instance.InstanceType ?? "",
      doors: groups.length > 0 ? await doorsOf(ec2, groups, abortSignal) : [],
    };
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "InvalidInstanceID.NotFound") return GONE;
    return { error: abortSignal.aborted ? `no answer within ${LIMIT_MS / 1000} s` : message };
  }
}

async function doorsOf(
  ec2: EC2Client,
  groups: string[],
  abortSignal: AbortSignal,
): Promise<Door[]> {
  const Filters = [{ Name: "group-id", Values: groups }];
  const answer = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }), {
    abortSignal,
  });
  return (answer.SecurityGroupRules ?? []).flatMap(({ IsEgress, CidrIpv4, FromPort }) =>
    IsEgress || CidrIpv4 === undefined ? [] : [{ cidr: CidrIpv4, port: FromPort ?? -1 }],
  );
}
