/** AWS, and the way from here to the server. */
import { nameProblem } from "../../providers/dnsFindings";
import { isLetIn } from "../doorsText";
import { isKnown, type Facts, type HereFacts } from "./facts";
import { aws, green, here, onServer, red, yellow, type RowId, type Verdict } from "./rows";
import { CERTIFICATE_DAYS } from "./thresholds";

const DAY_MS = 86_400_000;

export function wayThere(facts: Facts): [RowId, Verdict][] {
  return [
    ["instance", instance(facts)],
    ["doors", doors(facts)],
    ["key file", keyFile(facts)],
    ["ssh", ssh(facts)],
    ["name", name(facts)],
    ["ports", ports(facts)],
    ["certificate", certificate(facts)],
  ];
}

/** Whether asking the server makes sense. */
export function isRunning(facts: Pick<Facts, "aws">): boolean {
  return !isKnown(facts.aws) || ["running", "pending"].includes(facts.aws.state);
}

function instance(facts: Facts): Verdict {
  const { stack } = facts;
  const look = aws(facts, `ec2 describe-instance-status --instance-ids ${stack.instanceId}`);
  if (!isKnown(facts.aws)) {
    return yellow(
      `AWS does not say: ${facts.aws.error}`,
      aws(facts, "sts get-caller-identity").replace(/ --region \S+/, ""),
    );
  }
  const { state, systemCheck, instanceCheck, events, type } = facts.aws;
  if (state === "gone" || state === "terminated" || state === "shutting-down") {
    return red(
      `${stack.instanceId} is gone (${state}); home folders are on the data volume`,
      here(facts, `pulumi up --refresh`),
    );
  }
  if (state === "stopped" || state === "stopping") {
    const start = `npm run start -- --stack ${stack.stack}`;
    return red(`${stack.instanceId} is ${state}: nobody can work, files are kept`, start);
  }
  const isBad = [systemCheck, instanceCheck].includes("impaired");
  if (isBad) {
    return red(
      `${stack.instanceId} runs, and fails AWS's own checks (system ${systemCheck}, instance ${instanceCheck})`,
      aws(facts, `ec2 reboot-instances --instance-ids ${stack.instanceId}`),
    );
  }
  if (events.length > 0) return yellow(`AWS is going to touch it: ${events.join(", ")}`, look);
  if (state !== "running") return yellow(`${stack.instanceId} is ${state}`, look);
  return green(`${stack.instanceId} (${type}) runs`);
}

function doors(facts: Facts): Verdict {
  const { stack, here: seen } = facts;
  const list = `npm run doors -- list --stack ${stack.stack}`;
  if (!isKnown(facts.aws) || facts.aws.state === "gone") {
    return yellow("not known: AWS does not tell the security group's rules", list);
  }
  if (seen.address === undefined) return yellow("this computer's address is not known", list);
  const rules = facts.aws.doors.filter(({ port }) => port === stack.sshPort);
  if (isLetIn(seen.address, rules)) {
    return green(`port ${stack.sshPort} is open to this computer (${seen.address})`);
  }
  // The course goes on: nobody but who sets it up needs this port.
  return yellow(
    `port ${stack.sshPort} is closed to this computer (${seen.address})`,
    `npm run doors -- open --stack ${stack.stack}`,
  );
}

function keyFile({ stack, here: { keyFile: key } }: Facts): Verdict {
  const save = `npm run ssh-key -- --stack ${stack.stack}`;
  switch (key.wrong) {
    case "":
      return green(`${key.file} is this stack's key, for its owner alone`);
    case "missing":
      return yellow(`${key.file} is not there; the ssh commands of this report need it`, save);
    case "open":
      return yellow(`${key.file} has mode ${key.mode}: ssh refuses it`, `chmod 400 ${key.file}`);
    case "other":
      return yellow(`${key.file} is another key than this stack's`, save);
  }
}

function ssh({ server, stack, ...rest }: Facts): Verdict {
  if (isKnown(server)) return green(`a log-in at ${stack.publicIp} succeeds`);
  if (!isRunning(rest)) {
    return red(
      "not tried: the machine does not run",
      instance({ server, stack, ...rest }).do ?? "",
    );
  }
  const { wrong, received, mend } = partsOf(server.error);
  return red(
    `${wrong}${received === "" ? "" : ` (${received})`}`,
    mend || `npm run doors -- open --stack ${stack.stack}`,
  );
}

/** An error in the one shape, taken apart again. */
export function partsOf(text: string): { wrong: string; received: string; mend: string } {
  const [wrong = ""] = text.split("\n");
  const part = (name: string) => new RegExp(`^\\s*${name}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  return { wrong, received: part("received"), mend: part("mend") };
}

function name(facts: Facts): Verdict {
  const { stack, here: seen } = facts;
  if (seen.names === undefined)
    return green(`there is no domain; the address is ${stack.publicIp}`);
  for (const answers of seen.names) {
    const problem = nameProblem(answers, {
      address: stack.publicIp,
      record: stack.dnsRecord,
      isManaged: stack.isZoneManaged,
    });
    if (!problem) continue;
    const says = `${problem.wrong} (${problem.received ?? ""})`;
    const command = here(facts, problem.mend);
    return answers.error === undefined ? red(says, command) : yellow(says, command);
  }
  return green(`${stack.domains.join(", ")} leads to ${stack.publicIp}`);
}

function ports(facts: Facts): Verdict {
  const { stack, here: seen } = facts;
  // Without a domain nobody comes to 443.
  const needed = stack.domains.length > 0 ? [443, 80] : [80];
  const silent = seen.ports.filter(({ port, said }) => needed.includes(port) && said !== "");
  if (silent.length === 0) return green(`${needed.join(" and ")} answer`);
  const says = silent.map(({ port, said }) => `${port}: ${said}`).join("; ");
  if (!isRunning(facts)) {
    return red("nothing answers: the machine does not run", instance(facts).do ?? "");
  }
  return red(
    `from here no connection to ${says}`,
    here(facts, `pulumi up --refresh`) + ", which makes the rules again; else try another network",
  );
}

/** The issuer of the certificate that Traefik makes itself when it has none. */
const DEFAULT = /TRAEFIK DEFAULT CERT/;

function certificate(facts: Facts): Verdict {
  const { stack, here: seen, now, server } = facts;
  if (seen.certificate === undefined) {
    return yellow(
      "there is no domain, and so no certificate: passwords travel unencrypted",
      here(facts, "pulumi config set domain jupyter.example.org, then pulumi up"),
    );
  }
  const again = here(facts, "pulumi up");
  if (!isKnown(seen.certificate)) {
    return red(`none was shown: ${seen.certificate.error}`, again);
  }
  const { issuer, ends, names } = seen.certificate;
  const refused = refusal(server);
  const log = onServer(facts, "sudo journalctl -u traefik -n 50");
  if (DEFAULT.test(issuer)) {
    return red(
      `visitors are shown the proxy's own, which browsers refuse${refused}`,
      `${again}; then ${log}`,
    );
  }
  const missing = stack.domains.filter((one) => !names.includes(one));
  if (missing.length > 0) return red(`it is not for ${missing.join(", ")}${refused}`, again);
  const days = Math.floor((ends - now) / DAY_MS);
  const says = `${days < 0 ? "expired" : "ends"} on ${new Date(ends).toISOString().slice(0, 10)}, ${days < 0 ? `${-days} days ago` : `in ${days} days`}, issued by ${issuer}${refused}`;
  // The guide's: the proxy looks for certificates that end soon when it starts, too.
  const reload = onServer(facts, "sudo tljh-config reload proxy");
  if (days < CERTIFICATE_DAYS.red) return red(says, `${reload}; if it stays: ${log}`);
  if (days < CERTIFICATE_DAYS.yellow) return yellow(says, `${log}; then ${reload}`);
  return green(says);
}

function refusal(server: Facts["server"]): string {
  if (!isKnown(server) || !isKnown(server.proxyErrors)) return "";
  const last = server.proxyErrors.certificate.at(-1);
  return last ? `; the proxy said: ${last.text}` : "";
}

/** For a server that is silent: what can be told all the same. */
export function fromHere({ address }: HereFacts): string {
  return address === undefined
    ? "This computer's address is not known"
    : `This computer's address: ${address}`;
}
