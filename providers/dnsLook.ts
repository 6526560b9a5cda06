/* eslint-disable @typescript-eslint/no-require-imports --
   Dynamic providers use this, and are kept as text: what they need is required where it runs. */
/** Asks DNS about a name: the zone's own name servers, which know of a change at once. */
import type { promises as dns } from "node:dns";
import type { Caa, NameAnswers, ServerAnswer } from "./dnsFindings";

/** A name server, and how it is called in texts. */
interface NameServer {
  name: string;
  /** `address` or `address:port`. */
  address: string;
}

/** Where DNS begins; tests have one of their own. */
export interface DnsRoot {
  /** Resolvers of this computer, as `address:port`; default: those it is configured with. */
  resolvers?: readonly string[];
  /** Of name servers; default 53. */
  port?: number;
}

/** Asking all of a big zone's servers takes time and tells no more. */
const MOST_SERVERS = 4;
const MOST_ALIASES = 5;
/** Of one question. c-ares doubles it with each try. */
const TIMEOUT_MS = 2000;
const TRIES = 2;
/** c-ares' words for: there is no such name, or no such record of it. */
const NOTHING = ["ENOTFOUND", "ENODATA"];

function resolverOf(servers: readonly string[]): dns.Resolver {
  const { promises } = require("node:dns") as typeof import("node:dns");
  const resolver = new promises.Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

/** The answer, or an empty list where there is none; what is no answer is thrown. */
async function answerOf<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** The name and those above it, without the top level. */
function upwards(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."));
}

/** The zone that a name is in, and its name servers, as this computer's resolver knows them. */
async function zoneOf(
  name: string,
  { resolvers = [], port = 53 }: DnsRoot,
): Promise<{ zone: string; servers: NameServer[] }> {
  const resolver = resolverOf(resolvers);
  for (const zone of upwards(name)) {
    const names = await answerOf(resolver.resolveNs(zone));
    const found = await Promise.all(
      names
        .sort()
        .slice(0, MOST_SERVERS)
        .map(async (server) =>
          (await answerOf(resolver.resolve4(server)).catch(() => []))
            .slice(0, 1)
            .map((address) => ({ name: server, address: `${address}:${port}` })),
        ),
    );
    if (names.length > 0) return { zone, servers: found.flat() };
  }
  return { zone: name, servers: [] };
}

/** Finds the zone of a name and its servers. */
type Find = (name: string) => ReturnType<typeof zoneOf>;

/** What a server says of a name, aliases followed. */
async function ask(server: NameServer, name: string, find: Find): Promise<ServerAnswer> {
  const resolver = resolverOf([server.address]);
  const answer: ServerAnswer = { server: server.name, a: [], aaaa: [] };
  try {
    answer.a = (await answerOf(resolver.resolve4(name))).sort();
    answer.aaaa = (await answerOf(resolver.resolve6(name))).sort();
    if (answer.a.length > 0) return answer;
    const [alias] = await answerOf(resolver.resolveCname(name));
    // Only its own zone's servers know where the other name leads.
    if (alias !== undefined) await follow(answer, alias, find);
  } catch (error) {
    answer.error = reasonOf(error);
  }
  return answer;
}

async function follow(answer: ServerAnswer, alias: string, find: Find): Promise<void> {
  let name = alias;
  for (let count = 0; count < MOST_ALIASES; count += 1) {
    const servers = (await find(name)).servers.map((one) => one.address);
    const resolver = resolverOf(servers);
    answer.a = (await answerOf(resolver.resolve4(name))).sort();
    answer.aaaa = (await answerOf(resolver.resolve6(name))).sort();
    const [next] = answer.a.length > 0 ? [] : await answerOf(resolver.resolveCname(name));
    if (next === undefined) return;
    name = next;
  }
}

/** The CAA records nearest to a name, up to its zone. Above it they are rare, and others' business. */
async function caaOf(
  name: string,
  zone: string,
  servers: readonly NameServer[],
): Promise<Caa | undefined> {
  const resolver = resolverOf(servers.map((one) => one.address));
  for (const at of upwards(name)) {
    const records = await answerOf(resolver.resolveCaa(at)).catch(() => []);
    if (records.length > 0) {
      const issue = records.map((one) => one.issue).filter((value) => value !== undefined);
      // Records that only speak of others, such as `iodef`, forbid nothing.
      return issue.length > 0 ? { at, issue: issue.sort() } : undefined;
    }
    if (at === zone) return undefined;
  }
  return undefined;
}

/**
 * Asks about a name.
 *
 * @param resolvers name servers to ask, as `address` or `address:port`; none: those of the zone
 */
export async function lookUpName(
  name: string,
  resolvers: readonly string[],
  root: DnsRoot = {},
): Promise<NameAnswers> {
  const given = resolvers.map((address) => ({ name: address, address }));
  const find: Find = (of) =>
    given.length > 0 ? Promise.resolve({ zone: "", servers: given }) : zoneOf(of, root);
  try {
    const { zone, servers } = await find(name);
    if (servers.length === 0) return { name, servers: [], error: "no name server is known" };
    const [answers, caa] = await Promise.all([
      Promise.all(servers.map((server) => ask(server, name, find))),
      caaOf(name, zone, servers),
    ]);
    return { name, servers: answers, ...(caa && { caa }) };
  } catch (error) {
    return { name, servers: [], error: reasonOf(error) };
  }
}
