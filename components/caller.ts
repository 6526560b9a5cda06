/** Step 1.2 of the guide: whose AWS account and user this is, shown before anything is changed. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError } from "./config";

/** Who asks AWS. */
export interface Caller {
  /** 12 digits. */
  account: string;
  /** Such as arn:aws:iam::123456789012:user/workshop-operator. */
  arn: string;
}

/**
 * Asks AWS who we are, and prints it at each preview and `up`.
 *
 * @throws ConfigurationError if AWS does not accept the credentials
 */
export async function showCaller(settings: { region: string; profile?: string }): Promise<Caller> {
  const { accountId: account, arn } = await getCallerIdentity().catch((error: unknown) =>
    Promise.reject(refused(error, settings)),
  );
  await pulumi.log.info(`AWS account ${account}, as ${arn}, in ${settings.region}`);
  return { account, arn };
}

function refused(error: unknown, { region, profile }: { region: string; profile?: string }): Error {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  const as = profile ? ` --profile ${profile}` : "";
  const isExpired = /expired|sso/i.test(text);
  return new ConfigurationError("AWS does not know who you are", [
    {
      wrong: isExpired
        ? "The AWS credentials have expired"
        : "AWS does not accept the credentials of this computer",
      received: text.replace(/\s*\n\s*/g, " "),
      allowed: `credentials that \`aws sts get-caller-identity${as} --region ${region}\` accepts`,
      mend: isExpired
        ? `aws sso login${as} (with single sign-on) or aws configure${as} (with an access key), then pulumi up`
        : `aws configure${as}, with a valid access key; then pulumi up`,
    },
  ]);
}
