/**
 * A workshop server: The Littlest JupyterHub on AWS EC2. Phase by phase, as in the guide.
 * `pulumi up` runs this; what each phase is made of stands in `components`.
 */
import { account } from "./components/account";
import { Accounts } from "./components/accounts";
import { Calendar } from "./components/calendar";
import { showCaller } from "./components/caller";
import { readSettings } from "./components/config";
import { CourseAccess } from "./components/courseAccess";
import { CourseContent } from "./components/courseContent";
import { Dns, dnsRecord, serverUrl } from "./components/dns";
import { ElasticIp } from "./components/elasticIp";
import { Https } from "./components/https";
import { Instance } from "./components/instance";
import { guardDestroy, watchResources } from "./components/leaving";
import { Network } from "./components/network";
import { nameOrphans } from "./components/orphans";
import { Packages } from "./components/packages";
import { plan } from "./components/plan";
import { PublicPorts } from "./components/publicPorts";
import { explainRefusals } from "./components/refusals";
import { ServerAccess } from "./components/serverAccess";
import { stackTags } from "./components/tags";
import { Tljh } from "./components/tljh";

export = async () => {
  const settings = readSettings();
  await explainRefusals();

  // Phase 1: the user that workshops are made with, in a stack of its own.
  if (settings.kind === "account") return account(settings);
  const caller = await showCaller(settings);
  const everything = watchResources();

  // Phase 2: network, key pair, instance, Elastic IP, DNS.
  const { name, region, domain, admins, sshPort, elasticIpAllocationId: allocationId } = settings;
  const [{ cost, ...planned }] = await Promise.all([plan(settings), nameOrphans(settings)]);
  const given = { ...settings, ...planned, tags: stackTags(name) };
  const network = new Network(name, given);
  const instance = new Instance(name, { ...given, ...network.place });
  const { instanceId, instanceType, amiId, dataVolumeId } = instance;
  const elasticIp = new ElasticIp(name, { ...given, instanceId, allocationId });
  const { publicIp } = elasticIp;
  const { records } = new Dns(name, { ...given, publicIp });

  // Phase 3: The Littlest JupyterHub, accounts, and then the doors.
  const access = new ServerAccess(name, { ...given, network, instance, elasticIp });
  const { server, reachable } = access;
  const tljh = new Tljh(name, { ...given, server, dataVolumeId }, { dependsOn: reachable });
  const accounts = new Accounts(name, { ...given, server }, { dependsOn: tljh });
  const { rules } = new PublicPorts(name, { ...given, ...network.place }, { dependsOn: accounts });

  // Phase 5: packages for the participants.
  const packages = new Packages(name, { ...given, server }, { dependsOn: accounts });

  // Phase 6: the token for private repositories, course material and its links.
  const url = publicIp.apply((address) => serverUrl(domain, address));
  const token = new CourseAccess(name, { ...given, server }, { dependsOn: accounts });
  const onceReadable = { dependsOn: [accounts, token] };
  const course = new CourseContent(name, { ...given, server, baseUrl: url }, onceReadable);

  // Phase 4: HTTPS. Last, so that an issuer's refusal keeps neither token nor material back.
  const before = { dependsOn: [...records, ...rules, accounts, packages, token, course] };
  new Https(name, { ...given, server }, before);

  // The days around it: AWS's own scheduler stops the machine.
  new Calendar(name, { ...given, instanceId });

  // The last to come is the first to go: what stands before `pulumi destroy`.
  guardDestroy(name, { ...given, server, dataVolumeId, publicIp }, everything);

  return {
    url,
    admins,
    accounts: accounts.names,
    passwords: accounts.passwords,
    passwordSeed: accounts.passwordSeed,
    ...access.outputs,
    sshPort,
    publicIp,
    dnsRecord: publicIp.apply((address) => dnsRecord(settings, address)),
    instanceId,
    instanceType,
    amiId,
    cost,
    region,
    account: caller.account,
    operator: caller.arn,
    links: course.links,
    content: settings.content.map(({ url: repo, ...entry }) => ({ ...entry, repo })),
    gitToken: token.token,
    packagesLock: packages.lock,
  };
};
