/** Quotas as AWS's Service Quotas tells them: those that the front door keeps to. moto knows none of EC2. */
import { AwsRefusal, type Call } from "./call";
import type { Quotas } from "./strictness";

/** Told where a test has set none, and nothing is refused. */
const UNLIMITED = { vcpus: 640, addresses: 50 };

const KNOWN: Readonly<Record<string, { QuotaName: string; of: keyof typeof UNLIMITED }>> = {
  "L-1216C47A": {
    QuotaName: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    of: "vcpus",
  },
  "L-0263D0A3": { QuotaName: "EC2-VPC Elastic IPs", of: "addresses" },
};

interface Question {
  ServiceCode?: string;
  QuotaCode?: string;
}

/** GetServiceQuota: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html */
export function getServiceQuota(question: Question, quotas: Quotas, { region }: Call): object {
  const { ServiceCode = "", QuotaCode = "" } = question;
  const known = KNOWN[QuotaCode];
  if (ServiceCode !== "ec2" || known === undefined) {
    throw new AwsRefusal(
      "NoSuchResourceException",
      "The request failed because the quota is unknown.",
    );
  }
  const { QuotaName, of } = known;
  return {
    Quota: {
      ServiceCode,
      ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
      QuotaArn: `arn:aws:servicequotas:${region}:123456789012:ec2/${QuotaCode}`,
      QuotaCode,
      QuotaName,
      Value: quotas[of] ?? UNLIMITED[of],
      Unit: "None",
      Adjustable: true,
      GlobalQuota: false,
    },
  };
}
