/** A stack and its AWS, where a command makes and removes things. */
import type { EC2Client } from "@aws-sdk/client-ec2";
import { formatProblem } from "../components/text";
import { awsProblem } from "./awsProblem";
import type { StackAws } from "./stackAws";

export interface Place {
  stack: string;
  /** The tag `stack` of what the stack has made. */
  name: string;
  aws: StackAws;
  ec2: EC2Client;
  /** The command, for errors of AWS. */
  again: string;
}

/**
 * @param what is asked of AWS, such as "CreateSnapshot"
 * @throws Error in the one shape, for whatever AWS answers
 */
export async function askAws<T>(
  place: Omit<Place, "name" | "ec2">,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const { stack, again } = place;
  const { region, profile } = place.aws;
  return work.catch((error: unknown) => {
    const asked = { stack, region, ...(profile && { profile }) };
    throw new Error(formatProblem(awsProblem(error, what, asked, again)), { cause: error });
  });
}
