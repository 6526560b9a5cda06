/** What a person asks `npm run preflight` for. */
import { SSH_PORTS } from "../providers/ssh";
import { misuseOf, optionsOf } from "./arguments";

/** Where a port is tried, for lack of a server of our own. */
export interface Probe {
  port: number;
  host: string;
  /** Of the host. Default: the same. */
  at: number;
}

export interface PreflightRequest {
  json: boolean;
  probes: Probe[];
  stack?: string;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
  probe: { type: "string", multiple: true },
} as const;
const USAGE =
  "--stack NAME; --json for a program; --probe 22=HOST[:PORT] to try the way out to a host of yours";
const misused = misuseOf(USAGE);
const COMMAND = "npm run preflight -- --stack NAME";

/**
 * Hosts that answer everybody on these ports: git over SSH, and mail. Nothing is sent to them.
 */
const PUBLIC: readonly Probe[] = [
  { port: 22, host: "github.com", at: 22 },
  { port: 993, host: "imap.gmail.com", at: 993 },
];

/** @throws Error in the one shape, when the words are not understood */
export function parsePreflightArguments(args: readonly string[]): PreflightRequest {
  const { values, positionals } = optionsOf("npm run preflight", args, OPTIONS, misused);
  if (positionals.length > 0) {
    throw misused("There are words too many", positionals.join(" "), COMMAND);
  }
  const given = (values.probe ?? []).map(probeOf);
  return {
    json: values.json ?? false,
    probes: PUBLIC.map((one) => given.find(({ port }) => port === one.port) ?? one),
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}

function probeOf(word: string): Probe {
  const [, port = "", host = "", at = port] = /^(\d+)=([^:=\s]+)(?::(\d+))?$/.exec(word) ?? [];
  if ((SSH_PORTS as readonly number[]).includes(Number(port)) && Number(at) < 65_536) {
    return { port: Number(port), host, at: Number(at) };
  }
  throw misused(
    "--probe does not name a port of SSH and a host",
    word,
    `${COMMAND} --probe 22=ssh.example.org`,
  );
}
