/**
 * From the description of a resource type (its arguments, and how to create, look at, change and
 * delete one) to what the engine asks of a provider. What all types have in common is here: default
 * tags, region, names, drift, timeouts, and that nothing created is ever lost.
 */

import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { Route53Client } from "@aws-sdk/client-route-53";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { Values } from "../base";
import type { Arguments, Change, Failure } from "./schema";
import type { Tags } from "./tags";

/** Where and how one operation works. */
export interface Scope {
  ec2: EC2Client;
  /** Each of these fails where the configuration names no endpoint of it. */
  route53: () => Route53Client;
  iam: () => IAMClient;
  s3: () => S3Client;
  scheduler: () => SchedulerClient;
  region: string;
  /** Time for this operation: `customTimeouts`, or the documented default. */
  timeoutSeconds: number;
  defaultTags: Tags;
}

/** One update: what it was, what it should be, and what differs. */
export interface Update {
  olds: Values;
  /** State as last seen. */
  state: Values;
  news: Values;
  /** Whether one of these arguments differs. */
  changed: (...names: string[]) => boolean;
}

/** What is particular to one resource type. */
export interface Definition {
  /** The provider's word for it in error texts: "EC2 VPC". */
  label: string;
  arguments: Arguments;
  /** Outputs that are no arguments. */
  attributes: readonly string[];
  /** The argument that gets a unique name where none is given. */
  autoname?: string;
  /** Minutes an operation may take. Default 5. */
  timeouts?: { create?: number; update?: number; delete?: number };
  /** Whether it has `tags`. Default true. */
  tagged?: boolean;
  /** The AWS id to tag. Default: the resource's id. */
  tagTarget?(state: Values): string;
  /** Brings its tags from one set to another. Default: EC2's calls. */
  retag?(id: string, from: Tags, to: Tags, scope: Scope): Promise<void>;
  /** What is wrong beyond single arguments. */
  refuse?(inputs: Values): Failure[];
  /** Last word on what a change means. */
  judge?(changes: Change[], news: Values): Change[];
  /** Creates it and returns its id at once. */
  create(inputs: Values, scope: Scope): Promise<string>;
  /** Everything after the id is known. A failure here keeps the resource in state. */
  settle?(id: string, inputs: Values, scope: Scope): Promise<void>;
  /** Live state by argument and attribute name, all tags as `tagsAll`; undefined when it is gone. */
  look(id: string, inputs: Values, scope: Scope): Promise<Values | undefined>;
  /** The id it has by its state, where a change or an import gives it another. */
  identify?(state: Values): string;
  /** Arguments of an import that only its id tells. */
  fromId?(id: string): Values;
  update?(id: string, update: Update, scope: Scope): Promise<void>;
  remove(id: string, state: Values, scope: Scope): Promise<void>;
}
