/** Runs the program on Pulumi's mocks and records every resource as it is registered. */
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

// The mocks say that they know hooks for errors, and wait for ever for the one who registers them.
Object.assign(MockMonitor.prototype, {
  registerErrorHook: (_request: unknown, done: (error: null) => void) => done(null),
});

/** A resource as the program asked for it. */
export interface Registered {
  type: string;
  name: string;
  /** Values of the arguments; undefined where they are not known. */
  inputs: Record<string, unknown>;
  /** Name of the parent, undefined at the top. */
  parent?: string;
  /** Names of what it waits for, beside its arguments. */
  after: string[];
  /** Names of the arguments that are secret. */
  secrets: string[];
  opts: pulumi.CustomResourceOptions;
}

export interface Run {
  resources: Registered[];
  outputs: Record<string, unknown>;
  /** Functions of the provider that were asked, by token. */
  asked: string[];
}

/** An error as the engine hands on what a provider says. */
export function providerError(message: string): Error {
  return Object.assign(new Error(message), { details: message });
}

/** What AWS answers; a test overrides what it is about. */
export type Answers = Record<string, (args: Record<string, unknown>) => Record<string, unknown>>;

const AWS: Answers = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    accountId: "123456789012",
    arn: "arn:aws:iam::123456789012:user/workshop-operator",
  }),
  "aws:ec2/getAmi:getAmi": () => ({
    id: "ami-0aaaaaaaaaaaaaaaa",
    architecture: "x86_64",
    rootDeviceName: "/dev/sda1",
    blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: { volume_size: "8" } }],
  }),
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": () => ({
    locations: ["ap-south-1b", "ap-south-1a"],
    instanceTypes: ["t3.large", "t3.xlarge", "t3.2xlarge"],
  }),
  "aws:ec2/getInstanceType:getInstanceType": () => ({
    defaultVcpus: 4,
    memorySize: 16384,
    supportedArchitectures: ["x86_64"],
  }),
  "aws:ec2/getInstances:getInstances": () => ({ ids: [] }),
  "aws:route53/getZone:getZone": (args) => ({ name: args["name"], zoneId: "Z0123456789" }),
  "aws:ec2/getElasticIp:getElasticIp": (args) => ({ id: args["id"], publicIp: "203.0.113.9" }),
};

const PROJECT = "tljh-workshop";

/** A configuration that is complete; the address service is not asked. */
export const CONFIG: Record<string, string> = {
  "aws:region": "ap-south-1",
  "aws:accessKey": "nobody",
  // Nobody is asked for prices.
  "aws:endpoints": '[{"ec2":"http://127.0.0.1:1"}]',
  kind: "workshop",
  operatorAccess: "leastPrivilege",
  operatorRegions: "[]",
  instanceType: "t3.xlarge",
  diskGiB: "20",
  dataGiB: "40",
  homeGiB: "",
  cpuCredits: "standard",
  idleTimeoutMinutes: "720",
  ubuntuRelease: "22.04",
  sshCidrs: '["203.0.113.0/24"]',
  addressService: "http://127.0.0.1:1/",
  elasticIp: "managed",
  dnsTtl: "3600",
  acmeEmail: "it@river-lab.org",
  acmeServer: "production",
  admins: '["nicolas"]',
  participants: "20",
  spareAccounts: "3",
  tljhVersion: "2.0.0",
  bootstrapUrl: "https://example.org/{tljhVersion}/bootstrap.py",
  bootstrapSha256: "a".repeat(64),
  packages: '{"pip":["flopy"]}',
  content: "[]",
  gitHost: "github.com",
  gitUsername: "x-access-token",
  gitAccess: "sealed",
  sshPort: "22",
  sshWaitMinutes: "5",
  aptWaitMinutes: "15",
  lastDay: "none",
  timeZone: "UTC",
  nightStop: "off",
  stopAfterDays: "3",
  schedulerRole: "workshop-scheduler",
};

function withProject(config: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      value,
    ]),
  );
}

function computed(type: string, name: string): Record<string, unknown> {
  if (type === "aws:ec2/eip:Eip") return { publicIp: "203.0.113.8" };
  if (type === "aws:ec2/keyPair:KeyPair") return { keyName: `${name}-1234567` };
  if (type === "tls:index/privateKey:PrivateKey") {
    return { privateKeyOpenssh: `private ${name}`, publicKeyOpenssh: `ssh-ed25519 ${name}\n` };
  }
  if (type === "pulumi-nodejs:dynamic/tljh:HttpsGate") {
    return { ready: ["jupyter.example.org"], problems: [] };
  }
  return {};
}

/** Runs `index.ts` with a configuration and AWS's answers, and waits for everything it does. */
export async function runProgram(
  config: Record<string, string> = {},
  answers: Answers = {},
): Promise<Run> {
  const resources: Registered[] = [];
  const asked: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const values = inputs as Record<string, unknown>;
        return { id: `${name}-id`, state: { ...values, ...computed(type, name) } };
      },
      call: ({ token, inputs }) => {
        asked.push(token);
        return { ...AWS, ...answers }[token]?.(inputs as Record<string, unknown>) ?? {};
      },
    },
    PROJECT,
    "test",
    false,
  );
  pulumi.runtime.setAllConfig(withProject({ ...CONFIG, ...config }));
  // Only now: the program's modules must find the mocks in place.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const program = require("../../../index") as () => Promise<Record<string, unknown>>;
  const outputs = await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      resources.push(registered(args));
      return undefined;
    });
    return program();
  });
  const known = await promiseOf(outputs as Record<string, unknown>);
  await Promise.all(resources.map(resolveInputs));
  return { resources, outputs: known, asked };
}

function promiseOf(values: Record<string, unknown>): Promise<Record<string, unknown>> {
  return new Promise((resolve) => void pulumi.output(values).apply((known) => resolve(known)));
}

const names = new WeakMap<pulumi.Resource, string>();

function registered(args: pulumi.ResourceTransformationArgs): Registered {
  names.set(args.resource, args.name);
  const opts = args.opts as pulumi.CustomResourceOptions;
  const after = [opts.dependsOn ?? []].flat() as pulumi.Resource[];
  return {
    type: args.type,
    name: args.name,
    inputs: args.props,
    parent: opts.parent && names.get(opts.parent),
    after: after.map((one) => names.get(one) ?? ""),
    secrets: [],
    opts,
  };
}

async function resolveInputs(resource: Registered): Promise<void> {
  for (const [name, value] of Object.entries(resource.inputs)) {
    if (pulumi.Output.isInstance(value) && (await pulumi.isSecret(value))) {
      resource.secrets.push(name);
    }
  }
  resource.inputs = await promiseOf({ ...resource.inputs });
}
