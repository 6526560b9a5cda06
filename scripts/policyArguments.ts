/** What a person asks `npm run policy` for. */
import { parseArgs } from "node:util";
import { REGION } from "../components/configReader";
import type { PolicyScope } from "../components/operatorPolicy";
import { formatProblems, type Problem } from "../components/text";

const OPTIONS = {
  region: { type: "string", short: "r", multiple: true },
  zone: { type: "string", short: "z" },
  bucket: { type: "string", short: "b" },
  role: { type: "string" },
  scheduler: { type: "string" },
} as const;
const USAGE =
  "npm run -s policy -- --region ap-south-1 (and --zone ID of the zone in Route 53, --bucket NAME of the state's bucket, --role NAME of the scheduler's role; --scheduler ACCOUNT prints that role)";

/** The guide's. */
const DEFAULT_REGION = "ap-south-1";

/** As an account stack of the name `workshop` calls it. */
const DEFAULT_ROLE = "workshop-scheduler";

export interface PolicyRequest extends PolicyScope {
  schedulerRole: string;
  /** Number of the account whose scheduler's role is printed in the place of the operator's policy. */
  schedulerOf?: string;
}

/**
 * @throws Error in the one shape, with all that is wrong
 */
export function parsePolicyArguments(args: readonly string[]): PolicyRequest {
  const { region = [DEFAULT_REGION], zone, bucket, role = DEFAULT_ROLE, scheduler } = parsed(args);
  const regions = [...new Set(region.flatMap((one) => one.split(",")).map((one) => one.trim()))];
  const problems: Problem[] = [
    ...regions
      .filter((one) => !REGION.test(one))
      .map((one) => ({
        wrong: "--region is not an AWS region",
        received: one === "" ? "nothing" : one,
        allowed: "regions such as ap-south-1 (Mumbai), one or several times",
        mend: USAGE,
      })),
    ...wrongId(
      "--zone",
      zone,
      /^[A-Z0-9]{1,32}$/,
      "the id of a hosted zone, such as Z0123456789ABC",
    ),
    ...wrongId(
      "--bucket",
      bucket,
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "the name of an S3 bucket",
    ),
    ...wrongId("--role", role, /^[\w+=,.@-]{1,64}$/, "the name of an IAM role"),
    ...wrongId("--scheduler", scheduler, /^\d{12}$/, "the number of the AWS account, 12 digits"),
  ];
  if (problems.length > 0) throw new Error(formatProblems("There is no policy", problems));
  return {
    regions,
    zoneId: zone,
    stateBucket: bucket,
    schedulerRole: role,
    ...(scheduler !== undefined && { schedulerOf: scheduler }),
  };
}

function wrongId(
  option: string,
  received: string | undefined,
  pattern: RegExp,
  allowed: string,
): Problem[] {
  if (received === undefined || pattern.test(received)) return [];
  return [{ wrong: `${option} cannot be used so`, received, allowed, mend: USAGE }];
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    const problem = {
      wrong: "npm run policy does not know these options",
      received: args.join(" "),
      allowed: Object.keys(OPTIONS)
        .map((option) => `--${option}`)
        .join(", "),
      mend: USAGE,
    };
    throw new Error(formatProblems("There is no policy", [problem]), { cause: error });
  }
}
