/** What is sent to the server for the doctor, and what it tells. */
import { scriptSource, serverPrograms } from "../../components/server";
import { assignments, type ShellValue } from "../../components/shell";
import type { GitAccessMode } from "../../providers/gitAccess";
import { textFor } from "../../providers/gitCredentials";
import { tokenFingerprint } from "../../providers/gitCredentialsFile";
import type { StackServer } from "../stackServer";
import type { Known, ServerFacts, StackFacts } from "./facts";

/** Of the configuration. */
export interface TokenSettings {
  gitApi: string;
  gitUsername: string;
  gitToken: string;
}

/** Variables of scripts/server/doctor.sh; there are secrets among them. */
export function doctorValues(
  stack: StackFacts,
  settings: TokenSettings,
  seconds: number,
): Record<string, ShellValue> {
  const { content, gitHost, token } = stack;
  const programs = serverPrograms("doctor");
  const table = (key: "repo" | "branch") =>
    Object.fromEntries(content.map((entry) => [entry.name, entry[key]]));
  if (content.length > 0) {
    const values = {
      STACK: stack.stack,
      ACTION: "look",
      NAMES: content.map(({ name }) => name),
      URLS: table("repo"),
      BRANCHES: table("branch"),
    };
    programs["content.sh"] = assignments(values) + scriptSource("content-check");
  }
  const repositories = content.filter(({ host }) => host === gitHost);
  if (token !== undefined && settings.gitToken !== "" && repositories.length > 0) {
    programs["git.sh"] = textFor("look", {
      ...{ address: stack.publicIp, user: "", privateKey: "", hostKey: "" },
      ...{ instanceId: stack.instanceId, region: stack.region, stack: stack.stack },
      host: gitHost,
      api: settings.gitApi,
      username: settings.gitUsername,
      token: settings.gitToken,
      access: token.access as GitAccessMode,
      repositories: [...new Set(repositories.map(({ path }) => path))],
      expires: "",
      lastDay: "",
      script: scriptSource("git-credentials"),
      fingerprint: tokenFingerprint(settings.gitToken),
    });
  }
  return {
    SECONDS_LONG: seconds,
    REPOSITORIES: [...new Set(content.map(({ repo }) => repo))],
    PROGRAMS: programs,
  };
}

/** After the server's own limit, for its start and the way back. */
const GRACE_SECONDS = 20;
/** For the log-in: with it and a look at other ports a silent server is told within ten seconds. */
const DIAL_SECONDS = 5;

/** Over one connection. Never throws. */
export async function askServer(
  server: StackServer,
  values: Record<string, ShellValue>,
  seconds: number,
): Promise<Known<ServerFacts>> {
  try {
    const options = { limitSeconds: seconds + GRACE_SECONDS, dialSeconds: DIAL_SECONDS };
    const { stdout } = await server.run("doctor", values, options);
    return JSON.parse(stdout) as ServerFacts;
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
