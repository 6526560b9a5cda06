/** A new stack's configuration file, from answers or from last year's. Pure. */
import { Document, isMap, isScalar, parse, parseDocument } from "yaml";
import { parseSettings, type RawConfig } from "../components/config";
import { PROJECT } from "../components/tags";
import type { Problem } from "../components/text";

/** What is asked beside the stack's name, in this order: eight questions in all. */
export const QUESTIONS = {
  region: "AWS region, near the participants",
  domain: "Name of the server, such as jupyter.example.org (empty: none yet)",
  email: "E-mail that the issuer of its certificate may write to (empty: none, without a name)",
  admins: "Administrators' names on the hub, with commas between",
  participants: "How many participants",
  course: "Repositories of the course, org/repo, with commas between (empty: none yet)",
  days: "First and last day of the course, such as 2026-12-14,2026-12-18 (empty: not known, and nothing stops the server by itself)",
} as const;
export type Question = keyof typeof QUESTIONS;
export type Answers = Partial<Record<Question, string>>;

/** Keys that a question is about, by which its answer is checked. */
const KEYS: Readonly<Record<Question, readonly string[]>> = {
  region: ["aws:region"],
  domain: ["domain"],
  email: ["acmeEmail"],
  admins: ["admins"],
  participants: ["participants"],
  course: ["content"],
  days: ["firstDay", "lastDay"],
};

/**
 * What a copy leaves behind: people, days and what belongs to one machine or address. An own Elastic IP
 * would move from the old server to the new one.
 */
const OF_ONE_YEAR = [
  "name",
  "participantNames",
  "sshCidrs",
  "elasticIp",
  "gitToken",
  "gitTokenExpires",
  "dataSnapshot",
  "firstDay",
  "lastDay",
];
/** Beside `config`: the salt and the keys that secrets of the old stack are encrypted with. */
const OF_SECRETS = ["encryptionsalt", "encryptedkey", "secretsprovider"];

/** The guide's values. */
const PLAIN = `# A workshop on AWS, made by npm run new. What is not here has the default of Pulumi.yaml; README.md has the table.
config:
  aws:region: ap-south-1
  # The profile made by \`aws configure --profile work\`; leave it out for any other credentials.
  aws:profile: work
`;

function full(key: string): string {
  return key.includes(":") ? key : `${PROJECT}:${key}`;
}

/** The file that the answers go into: the guide's values, or those of last year. */
export function startOf(old: string | undefined): Document {
  if (old === undefined) return parseDocument(PLAIN);
  const file = parseDocument(old);
  for (const key of OF_SECRETS) file.delete(key);
  const config = file.get("config");
  if (!isMap(config)) return file;
  for (const key of OF_ONE_YEAR) config.delete(full(key));
  for (const pair of [...config.items]) {
    // Encrypted, and nobody can read it without the old stack's passphrase.
    if (isMap(pair.value) && pair.value.has("secure")) config.delete(pair.key);
  }
  return file;
}

function listOf(answer: string): string[] {
  return answer
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** The values that an answer means, by key; undefined takes a key out. */
function valuesOf(question: Question, answer: string): Record<string, unknown> {
  const text = answer.trim();
  const orNone = text === "" ? undefined : text;
  switch (question) {
    case "region":
      return { "aws:region": text };
    case "domain":
      return { domain: orNone };
    case "email":
      return { acmeEmail: orNone };
    case "admins":
      return { admins: listOf(text) };
    case "participants":
      return { participants: text };
    case "course":
      return { content: text === "" ? undefined : listOf(text).map((repo) => ({ repo })) };
    case "days": {
      const days = listOf(text.replaceAll(" ", ","));
      return { firstDay: days[0], lastDay: days.at(-1) ?? "none" };
    }
  }
}

/** A day without quotation marks is no text in YAML. */
function nodeOf(file: Document, value: unknown) {
  const node = file.createNode(value);
  if (isScalar(node) && /^\d{4}-\d\d-\d\d$/.test(String(value))) node.type = "QUOTE_DOUBLE";
  return node;
}

/** Puts answers into a file. */
export function withAnswers(file: Document, answers: Answers): Document {
  const made = file.clone();
  for (const [question, answer] of Object.entries(answers) as [Question, string][]) {
    for (const [key, value] of Object.entries(valuesOf(question, answer))) {
      if (value === undefined) made.deleteIn(["config", full(key)]);
      else made.setIn(["config", full(key)], nodeOf(made, value));
    }
  }
  return made;
}

/** What a question's answer is before anybody answers. */
export function defaultOf(file: Document, question: Question): string {
  const { config = {} } = (file.toJS() ?? {}) as { config?: Record<string, unknown> };
  const [first = ""] = KEYS[question];
  const value = config[full(first)];
  if (question === "participants") {
    return typeof value === "number" || typeof value === "string" ? String(value) : "20";
  }
  if (question === "course") {
    return ((value ?? []) as { repo?: string }[]).map(({ repo = "" }) => repo).join(",");
  }
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "string" ? value : "";
}

/**
 * All that is wrong with a file, by the program's own rules.
 *
 * @param project the text of Pulumi.yaml, which has the defaults
 */
export function problemsOf(file: Document, stack: string, project: string): Problem[] {
  const declared = (parse(project) as { config: Record<string, { default?: unknown }> }).config;
  const { config = {} } = (file.toJS() ?? {}) as { config?: Record<string, unknown> };
  const defaults = Object.entries(declared).map(([key, one]) => [full(key), one.default] as const);
  const raw: RawConfig = Object.fromEntries(
    [...defaults, ...Object.entries(config)].map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  return parseSettings(raw, PROJECT, stack).problems;
}

/** Those of the problems that a question is about. */
export function problemsAbout(question: Question, problems: readonly Problem[]): Problem[] {
  return problems.filter(({ mend }) => KEYS[question].some((key) => mentions(mend, key)));
}

export function mentions(mend: string, key: string): boolean {
  return new RegExp(`(^|[ '])${key}([[. ']|$)`).test(mend);
}

/** The file itself. */
export function textOf(file: Document): string {
  return file.toString({ lineWidth: 0 });
}

/** What is left to do, a command each. */
export function nextCommands(
  stack: string,
  file: Document,
  problems: readonly Problem[],
): string[] {
  const text = textOf(file);
  return [
    `pulumi stack init ${stack}`,
    ...problems.map(({ mend }) =>
      mend.replace(/^pulumi config /, `pulumi config --stack ${stack} `),
    ),
    ...(text.includes(`${full("content")}:`)
      ? [`pulumi config set --secret gitToken --stack ${stack}   # only for private repositories`]
      : []),
    `npm run preflight -- --stack ${stack}`,
    `pulumi up --stack ${stack}`,
  ];
}
