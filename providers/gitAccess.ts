/**
 * How participants' git reaches private repositories: the texts that are written on the server.
 *
 * `shared`: every participant can read the credentials file, as in the guide.
 *
 * `sealed`: nobody but root can. Reading a listed repository is sent to a loopback address where the
 * hub's own Traefik adds the token. It knows the exact paths of the listed repositories, and of
 * git's protocol only what reads.
 */
import { tokenFingerprint } from "./gitCredentialsFile";

export type GitAccessMode = "sealed" | "shared";

/** Port of 127.0.0.1 where Traefik takes requests of participants' git. Below 1024: no participant can take it. */
export const GIT_DOOR_PORT = 890;

const DOOR = `http://127.0.0.1:${GIT_DOOR_PORT}`;

/** Helper that only ever answers: plain `store` erases the entry when root meets a refused token. */
const GET_ONLY = `!f() { test \\"$1\\" = get && git credential-store --file /etc/git-credentials get; }; f`;

/** What may come next in the address of another repository whose name begins the same. */
const NEXT = Array.from({ length: 126 - 33 + 1 }, (_, index) =>
  String.fromCharCode(33 + index),
).filter((sign) => !`/?#`.includes(sign));

/** A value in git's configuration, which may hold anything but control characters. */
function configValue(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** `[url "BASE"] insteadOf = PREFIX`: what begins with PREFIX is read from BASE instead. */
function insteadOf(base: string, prefix: string, key = "insteadOf"): string {
  return `[url ${configValue(base)}]\n\t${key} = ${configValue(prefix)}\n`;
}

/**
 * `insteadOf` means every address that *begins* so, and the longest one counts. So each address that
 * begins with a listed one and goes on is told to stay as it is: `org/repo-two` beside `org/repo`.
 */
function onlyThis(host: string, repository: string, listed: ReadonlySet<string>): string {
  const here = `https://${host}/${repository}`;
  const others = [here, `${here}.git`]
    .flatMap((address) => NEXT.map((sign) => address + sign))
    .filter((address) => !listed.has(address));
  return [
    insteadOf(`${DOOR}/${repository}`, here),
    insteadOf(`${DOOR}/${repository}.git`, `${here}.git`),
    // Writing goes where it belongs, with the writer's own account.
    insteadOf(here, here, "pushInsteadOf"),
    ...others.map((address) => insteadOf(address, address)),
  ].join("");
}

/** Git's configuration for everybody on the server; included from the system's own. */
export function gitConfig(
  access: GitAccessMode,
  host: string,
  repositories: readonly string[],
): string {
  if (access === "shared") return `[credential "https://${host}"]\n\thelper = "${GET_ONLY}"\n`;
  const listed = new Set(
    repositories.flatMap((one) => [`https://${host}/${one}`, `https://${host}/${one}.git`]),
  );
  return [
    // A refused token must not end in a question that nobody sees.
    `[credential "${DOOR}"]\n\thelper = "!f() { echo quit=1; }; f"\n`,
    ...repositories.map((repository) => onlyThis(host, repository, listed)),
  ].join("");
}

/** A text in TOML, whose basic strings know JSON's escapes. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** `Path(…) || Path(…)` for the two spellings of each repository. */
function paths(repositories: readonly string[], rest: string): string {
  return repositories
    .flatMap((repository) => [repository, `${repository}.git`])
    .map((repository) => `Path(\`/${repository}/${rest}\`)`)
    .join(" || ");
}

/**
 * Traefik's rule that adds the token: for reading the listed repositories, and for nothing else.
 * Each answer has the token's fingerprint, so that one can see which token was used.
 */
export function traefikRule(args: {
  host: string;
  username: string;
  token: string;
  repositories: readonly string[];
}): string {
  const { host, username, token, repositories } = args;
  const login = Buffer.from(`${username}:${token}`, "utf8").toString("base64");
  const refs = `Method(\`GET\`) && (${paths(repositories, "info/refs")}) && Query(\`service\`, \`git-upload-pack\`) && !Query(\`service\`, \`git-receive-pack\`)`;
  const pack = `Method(\`POST\`) && (${paths(repositories, "git-upload-pack")})`;
  const router = (name: string, rule: string) => [
    `[http.routers.workshop-git-${name}]`,
    `entryPoints = ["workshop-git"]`,
    `rule = ${toml(rule)}`,
    `middlewares = ["workshop-git"]`,
    `service = "workshop-git"`,
    "",
  ];
  return [
    ...router("refs", refs),
    ...router("pack", pack),
    "[http.middlewares.workshop-git.headers.customRequestHeaders]",
    `Authorization = ${toml(`Basic ${login}`)}`,
    "",
    "[http.middlewares.workshop-git.headers.customResponseHeaders]",
    `X-Workshop-Token = ${toml(tokenFingerprint(token))}`,
    "",
    "[http.services.workshop-git.loadBalancer]",
    "passHostHeader = false",
    "",
    "[[http.services.workshop-git.loadBalancer.servers]]",
    `url = ${toml(`https://${host}`)}`,
    "",
  ].join("\n");
}
