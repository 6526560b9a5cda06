/**
 * The look, at each preview and `up`, whether the server's names may have a certificate now: whether
 * they point here, and whether visitors get through to ports 443 and 80.
 *
 * What is asked of DNS: dnsLook.ts; what the answers mean: dnsFindings.ts; the ports: openPorts.ts.
 */
import * as pulumi from "@pulumi/pulumi";
import { formatProblem, forStack } from "../components/text";
import { nameProblem, type Wanted } from "./dnsFindings";
import { lookUpName } from "./dnsLook";
import { portProblems } from "./openPorts";
import type { MachineArgs } from "./ssh";
import { inputsChanged } from "./changedInputs";

/** A name of the server. */
export interface GateName extends Pick<Wanted, "record" | "isManaged"> {
  name: string;
}

export interface HttpsGateArgs extends MachineArgs {
  /** The first is the one that participants use. */
  names: pulumi.Input<pulumi.Input<GateName>[]>;
  /** Name servers to ask; none: those of the zone. */
  resolvers: pulumi.Input<pulumi.Input<string>[]>;
  /** How the issuer is called in CAA records; empty: not known. */
  issuer: pulumi.Input<string>;
  /** Text of scripts/server/answer-ports.sh, with what the steps share. */
  script: pulumi.Input<string>;
}

export type HttpsGateInputs = pulumi.Unwrap<HttpsGateArgs>;

export interface HttpsGateOutputs extends HttpsGateInputs {
  /** Names that may have a certificate, in the order of `names`; none without the first. */
  ready: string[];
  /** What keeps the others back, each a whole text. */
  problems: string[];
}

type Verdict = Pick<HttpsGateOutputs, "ready" | "problems">;

/**
 * How long a new record may take to be known. Route 53 takes up to a minute
 * (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-creating.html).
 */
const MANAGED_WAIT_SECONDS = 90;
const PAUSE_MS = 1000;

interface Look extends Verdict {
  /** Whether a record that was made in this `up` may become known in a moment. */
  mayPass: boolean;
}

/** What DNS says now. A name that was ready stays so: its certificate is there, and DNS may be away. */
async function lookAtNames(values: HttpsGateInputs, before: readonly string[]): Promise<Look> {
  const { names, resolvers, address, issuer, stack } = values;
  const found = await Promise.all(
    names.map(async ({ name, record, isManaged }) => {
      const wanted = { address, record, isManaged, ...(issuer !== "" && { issuer }) };
      const problem = nameProblem(await lookUpName(name, resolvers), wanted);
      return { name, problem, mayPass: isManaged && problem?.mayPass === true };
    }),
  );
  const ready = found
    .filter(({ name, problem }) => problem === undefined || before.includes(name))
    .map(({ name }) => name);
  const problems = found
    .map(({ problem }) => problem)
    .filter((problem) => problem !== undefined)
    .map((problem) => formatProblem({ ...problem, mend: forStack(problem.mend, stack) }));
  return {
    ready: ready.includes(names[0].name) ? ready : [],
    problems,
    mayPass: found.some((one) => one.mayPass),
  };
}

/** Names that were ready for the same address. */
function readyBefore(olds: HttpsGateOutputs, news: HttpsGateInputs): readonly string[] {
  return olds.address === news.address ? (olds.ready ?? []) : [];
}

/** Looks at everything; the ports only where a name is ready. */
async function look(
  values: HttpsGateInputs,
  before: readonly string[],
  waitSeconds: number,
): Promise<Verdict> {
  const end = Date.now() + waitSeconds * 1000;
  let names = await lookAtNames(values, before);
  while (names.mayPass && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    names = await lookAtNames(values, before);
  }
  const { ready, problems } = names;
  if (ready.length === 0) return { ready, problems };
  const ports = await portProblems(values, values.script);
  const said = ports.problems.map((one) =>
    formatProblem({ ...one, mend: forStack(one.mend, values.stack) }),
  );
  return { ready: ports.closed.includes(443) ? [] : ready, problems: [...problems, ...said] };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export const provider: pulumi.dynamic.ResourceProvider<HttpsGateInputs, HttpsGateOutputs> = {
  async create(inputs) {
    return {
      id: "https-gate",
      outs: { ...inputs, ...(await look(inputs, [], MANAGED_WAIT_SECONDS)) },
    };
  },

  /** Asks DNS each time. Ports are looked at again by `up` alone, as long as one was closed. */
  async diff(_id, olds, news) {
    if (inputsChanged(olds, news)) return { changes: true, replaces: [] };
    const now = await lookAtNames(news, readyBefore(olds, news));
    return {
      changes: !same(now.ready, olds.ready) || !same(now.problems, olds.problems),
      replaces: [],
    };
  },

  async update(_id, olds, news) {
    const isNew = olds.address !== news.address || !same(olds.names, news.names);
    const wait = isNew ? MANAGED_WAIT_SECONDS : 0;
    return { outs: { ...news, ...(await look(news, readyBefore(olds, news), wait)) } };
  },
};

/**
 * Whether the server's names may have a certificate. Not ready is no error: `up` succeeds and says
 * what each name answers now and what to do, and the next one after it is ready goes on by itself. So
 * no order that must fail is ever made: five failed ones in an hour, and Let's Encrypt takes no more
 * (https://letsencrypt.org/docs/rate-limits/).
 *
 * A name is not ready when it does not exist, points elsewhere, has an IPv6 address, is not known by
 * all name servers of its zone, or has a CAA record that forbids the issuer; and none is when port 443
 * is closed from where `pulumi` runs. Once ready, a name stays so for the same address.
 *
 * Creates nothing and costs nothing. A look takes some 0.1 s, with the ports some 2 s.
 */
export class HttpsGate extends pulumi.dynamic.Resource {
  declare readonly ready: pulumi.Output<string[]>;
  declare readonly problems: pulumi.Output<string[]>;

  constructor(name: string, args: HttpsGateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      {
        ready: undefined,
        problems: undefined,
        ...args,
        privateKey: pulumi.secret(args.privateKey),
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey"] }, opts),
      "tljh",
      "HttpsGate",
    );
  }
}
