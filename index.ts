/**
 * A workshop server: The Littlest JupyterHub on AWS EC2. Phase by phase, as in the guide.
 * `pulumi up` runs this; what each phase is made of stands in `components`.
 */
import * as pulumi from "@pulumi/pulumi";
import { account } from "./components/account";
import { Accounts } from "./components/accounts";
import { showCaller } from "./components/caller";
import { readSettings } from "./components/config";
import { CourseAccess } from "./components/courseAccess";
import { CourseContent } from "./components/courseContent";
import { Dns, dnsRecord, serverUrl } from "./components/dns";
import { ElasticIp } from "./components/elasticIp";
import { Https } from "./components/https";
import { Instance } from "./components/instance";
import { lookUp } from "./components/lookups";
import { Network } from "./components/network";
import { PublicPorts } from "./components/publicPorts";
import { explainRefusals } from "./components/refusals";
import { SSH_USER } from "./components/server";
import { knownHostsLine, sshCommand } from "./components/sshFiles";
import { stackTags } from "./components/tags";
import { letsMeIn } from "./components/thisComputer";
import { Tljh } from "./components/tljh";
import { ServerReachable } from "./providers/serverReachable";

export = async () => {
  const settings = readSettings();
  await explainRefusals();

  // Phase 1: the user that workshops are made with, in a stack of its own.
  if (settings.kind === "account") return account(settings);
  const caller = await showCaller(settings);

  const { name, region, domain, admins, sshPort } = settings;
  const tags = stackTags(name);
  const { amiId, availabilityZone, sshSources, dnsZoneId } = await lookUp(settings);

  // Phase 2: network, key pair, instance, Elastic IP, DNS.
  const network = new Network(name, { availabilityZone, sshSources, sshPort, tags });
  const instance = new Instance(name, {
    ...settings,
    amiId,
    amiIsChosen: settings.amiId !== undefined,
    subnetId: network.subnetId,
    securityGroupId: network.securityGroupId,
    availabilityZone: network.availabilityZone,
    tags,
  });
  const { publicIp, association } = new ElasticIp(name, {
    instanceId: instance.instanceId,
    allocationId: settings.elasticIpAllocationId,
    tags,
  });
  const { records } = new Dns(name, { ...settings, dnsZoneId, publicIp });

  // Phase 3: The Littlest JupyterHub.
  const server = {
    address: publicIp,
    instanceId: instance.instanceId,
    privateKey: instance.sshPrivateKey,
    hostKey: instance.hostKey,
    port: sshPort,
  };
  const reachable = new ServerReachable(
    `${name}-reachable`,
    {
      ...server,
      user: SSH_USER,
      instanceUrn: instance.instanceUrn,
      region,
      letsMeIn: letsMeIn(settings.sshCidrs),
      // Closed to everybody: nothing to wait for.
      waitMinutes: settings.sshCidrs.length > 0 ? settings.sshWaitMinutes : 0,
    },
    { dependsOn: [...network.waysInAndOut, association, instance.attachment] },
  );
  const onceReachable = { dependsOn: reachable };
  const { dataVolumeId } = instance;
  const tljh = new Tljh(name, { ...settings, server, dataVolumeId }, onceReachable);
  const accounts = new Accounts(name, { ...settings, server }, { dependsOn: tljh });
  const { securityGroupId } = network;

  // Phase 6: the token for private repositories, course material and its links.
  const url = publicIp.apply((address) => serverUrl(domain, address));
  const access = new CourseAccess(name, { ...settings, server }, { dependsOn: accounts });
  const course = new CourseContent(
    name,
    { ...settings, server, baseUrl: url },
    { dependsOn: [accounts, access] },
  );

  // The doors, after the accounts have their passwords.
  const { rules } = new PublicPorts(name, { securityGroupId, tags }, { dependsOn: accounts });

  // Phase 4: HTTPS. Last, so that an issuer's refusal keeps neither token nor material back.
  new Https(
    name,
    { ...settings, server },
    { dependsOn: [...records, ...rules, accounts, access, course] },
  );

  return {
    url,
    admins,
    accounts: accounts.names,
    passwords: accounts.passwords,
    passwordSeed: accounts.passwordSeed,
    sshCommand: publicIp.apply((address) => sshCommand(name, address, sshPort)),
    sshPrivateKey: instance.sshPrivateKey,
    sshKnownHosts: pulumi
      .all([publicIp, instance.hostKey])
      .apply(([address, key]) => knownHostsLine(address, sshPort, key)),
    sshPort,
    publicIp,
    dnsRecord: publicIp.apply((address) => dnsRecord(settings, address)),
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    amiId: instance.amiId,
    region,
    account: caller.account,
    operator: caller.arn,
    links: course.links,
    content: settings.content.map(({ url: repo, ...entry }) => ({ ...entry, repo })),
    gitToken: access.token,
  };
};
