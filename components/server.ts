import * as fs from "node:fs";
import * as path from "node:path";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { assignments, quote, ShellValue } from "./shell";

/** How the server is logged in to. */
export interface Server {
  address: pulumi.Input<string>;
  /** Among the values of every step: a replaced machine runs them all again. */
  instanceId: pulumi.Input<string>;
  /** In OpenSSH's format; secret. */
  privateKey: pulumi.Input<string>;
  /** As in a `known_hosts` file: type and key. */
  hostKey: pulumi.Input<string>;
  /** Of SSH. Another one runs every step again, which then finds all done. */
  port: pulumi.Input<number>;
}

/** The Unix user of Ubuntu's images, with sudo. */
export const SSH_USER = "ubuntu";

export interface ServerStepArgs {
  server: Server;
  /** File of `scripts/server` without its ending; also the name of the systemd unit. */
  script: string;
  /** Variables of the script. */
  values: Record<string, pulumi.Input<ShellValue>>;
  /** After how many minutes the server stops the step. Default 60. */
  limitMinutes?: number;
}

const SCRIPTS = path.join(__dirname, "..", "scripts", "server");

/**
 * All that is in the command's own text, which the engine shows when it fails, and therefore also
 * what to do when the connection drops. What comes on standard input, which nobody sees, is kept in
 * memory without a name and run.
 */
const LOADER =
  `: If the connection dropped, the step goes on. Run pulumi up to watch it to its end. ; ` +
  `sudo -n sh -c ${quote('umask 077; f=$(mktemp -p /run) && cat >"$f" && exec 3<"$f" && rm "$f" && exec bash /dev/fd/3')}`;

/**
 * How long a step dials, in minutes. `ServerReachable` has been there just before, so that this is
 * for the restart after an update, which takes a machine a minute or two. Not configured, because a
 * changed connection would run every step again.
 */
const DIAL_MINUTES = 10;
/** A machine that restarts is silent at first, and refuses later: then the next dial is a second off. */
const DIALS = 200;
const DIAL_SECONDS = 5;

/**
 * One script of `scripts/server`, run as root on the server over SSH by @pulumi/command.
 *
 * It runs when the machine is new, and again when its text or a value changes; nothing else makes
 * it run. Each may be run any number of times. It has no `delete`: that would come after the new
 * machine has taken the old one's address. What it needs, secrets among it, comes on its standard
 * input. Under a systemd unit, so that it goes on when the connection drops; see `runner.sh`.
 *
 * A failing script fails the resource, and the next `pulumi up` runs it again.
 */
export class ServerStep extends remote.Command {
  constructor(name: string, args: ServerStepArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, script, values, limitMinutes = 60 } = args;
    const limit = `${DIAL_MINUTES}m`;
    super(
      name,
      {
        connection: {
          host: server.address,
          user: SSH_USER,
          privateKey: server.privateKey,
          hostKey: server.hostKey,
          port: server.port,
          perDialTimeout: DIAL_SECONDS,
          dialErrorLimit: DIALS,
        },
        create: LOADER,
        stdin: pulumi.secret(
          pulumi.all([server.instanceId, pulumi.output(values)]).apply(([instanceId, known]) =>
            stepText({
              script,
              stack: pulumi.getStack(),
              instanceId,
              values: known,
              limitMinutes,
            }),
          ),
        ),
        addPreviousOutputInEnv: false,
      },
      pulumi.mergeOptions(
        {
          additionalSecretOutputs: ["stdout", "stderr"],
          customTimeouts: { create: limit, update: limit },
        },
        opts,
      ),
    );
  }
}

function read(file: string): string {
  return fs.readFileSync(path.join(SCRIPTS, file), "utf8");
}

/** A script of `scripts/server`, by its name without ending, after what all of them share. */
export function scriptSource(script: string): string {
  return read("lib.sh") + read(`${script}.sh`);
}

/** The programs of a folder of `scripts/server`, by file name, for the script beside it. */
export function serverPrograms(folder: string): Record<string, string> {
  const files = fs
    .readdirSync(path.join(SCRIPTS, folder))
    .filter((file) => /\.(py|js)$/.test(file));
  return Object.fromEntries(files.map((file) => [file, read(`${folder}/${file}`)]));
}

/** What is sent to the server: the runner, a line that ends it, the step, and a line that ends that. */
export function stepText(step: {
  script: string;
  /** For the commands in errors. */
  stack: string;
  instanceId: string;
  values: Record<string, ShellValue>;
  limitMinutes: number;
}): string {
  const { script, stack, instanceId, values, limitMinutes } = step;
  return [
    assignments({ STEP: script, LIMIT_MINUTES: limitMinutes }),
    read("runner.sh"),
    "# ---- step ----\n",
    assignments({ STACK: stack, INSTANCE_ID: instanceId, ...values }),
    scriptSource(script),
    "# ---- end ----\n",
  ].join("");
}
