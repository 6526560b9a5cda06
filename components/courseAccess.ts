import * as pulumi from "@pulumi/pulumi";
import type { GitAccessMode } from "../providers/gitAccess";
import { GitCredentials } from "../providers/gitCredentials";
import { tokenPage } from "../providers/gitToken";
import type { Settings } from "./config";
import { scriptSource, Server, SSH_USER } from "./server";
import { forStack } from "./text";

/** Of the stack's configuration, with the server. */
export interface CourseAccessArgs extends Pick<
  Settings,
  | "region"
  | "content"
  | "gitHost"
  | "gitApi"
  | "gitUsername"
  | "gitToken"
  | "gitAccess"
  | "gitTokenExpires"
  | "lastDay"
> {
  server: Server;
}

/** What the stack tells of the token. */
export interface TokenStatus {
  /** First 12 hexadecimal digits of its SHA-256. */
  fingerprint: string;
  access: GitAccessMode;
  /** When it was last proved to be in force, in ISO 8601. */
  verifiedAt: string;
  /** Its last day; empty: not known. */
  validUntil: string;
}

const DAY_MS = 86_400_000;
/** So many days before its end a token is spoken of at every `pulumi up`. */
const REMIND_DAYS = 14;

/**
 * Phase 6 of the guide, steps 6.1 to 6.3: the token with which participants' git reads the private
 * repositories of the course. Without a token there is nothing here.
 *
 * Costs nothing. See `GitCredentials` for the rotation and its errors.
 */
export class CourseAccess extends pulumi.ComponentResource {
  /** Undefined: there is no token. */
  readonly token: pulumi.Output<TokenStatus | undefined>;

  constructor(name: string, args: CourseAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:CourseAccess", name, {}, opts);
    const { server, region, gitHost, gitToken, gitAccess } = args;
    const repositories = args.content
      .filter(({ host }) => host === gitHost)
      .map((entry) => entry.path);
    this.token = pulumi.output(undefined);
    if (gitToken !== undefined && repositories.length > 0) {
      const startedAt = new Date().toISOString();
      const credentials = new GitCredentials(
        `${name}-git-credentials`,
        {
          ...server,
          user: SSH_USER,
          region,
          stack: pulumi.getStack(),
          host: gitHost,
          api: args.gitApi ?? "",
          username: args.gitUsername,
          token: gitToken,
          access: gitAccess,
          repositories: [...new Set(repositories)],
          expires: args.gitTokenExpires ?? "",
          lastDay: args.lastDay ?? "",
          script: scriptSource("git-credentials"),
        },
        { parent: this },
      );
      const { fingerprint, verifiedAt, validUntil } = credentials;
      this.token = pulumi
        .all([fingerprint, verifiedAt, validUntil])
        .apply(([print, at, until]) => ({
          fingerprint: print,
          access: gitAccess,
          verifiedAt: at,
          validUntil: until,
        }));
      this.speak(credentials, startedAt, gitHost);
      if (gitAccess === "shared") {
        const text = `gitAccess is shared: every participant can read the token in /etc/git-credentials, and use it for whatever it allows. To end that: pulumi config set gitAccess sealed, then: pulumi up`;
        void pulumi.log.warn(forStack(text, pulumi.getStack()), credentials);
      }
    }
    this.registerOutputs({});
  }

  /** Says what a person should know: what has just changed, and what will soon be due. */
  private speak(credentials: GitCredentials, startedAt: string, host: string): void {
    const stack = pulumi.getStack();
    const { fingerprint, formerFingerprint, verifiedAt, validUntil, warnings } = credentials;
    pulumi
      .all([fingerprint, formerFingerprint, verifiedAt, validUntil, warnings])
      .apply(([print, former, at, until, known]) => {
        for (const warning of known ?? []) void pulumi.log.warn(warning, credentials);
        if (at > startedAt && former) {
          void pulumi.log.info(
            `The token ${print} is in force. The one before (${former}) is no longer used and may be revoked: ${tokenPage(host)}`,
            credentials,
          );
        }
        const days = Math.ceil((Date.parse(`${until}T00:00:00Z`) + DAY_MS - Date.now()) / DAY_MS);
        if (days > REMIND_DAYS || Number.isNaN(days)) return;
        const when = days > 0 ? `expires in ${days} days, on ${until}` : `expired on ${until}`;
        const mend = forStack("pulumi config set --secret gitToken, then: pulumi up", stack);
        void pulumi.log.warn(`The token ${print} ${when}. Rotate it: ${mend}`, credentials);
      });
  }
}
