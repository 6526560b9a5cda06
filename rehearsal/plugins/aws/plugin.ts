/** Everything the AWS stand-in offers, by token. */

import { hasUnknown, type Plugin, type Values } from "../base";
import { eip, eipAssociation } from "./address";
import { readConfiguration, type Session } from "./client";
import { listed } from "./errors";
import { group, groupPolicyAttachment, userGroupMembership } from "./iam/group";
import { policy } from "./iam/policy";
import { role, rolePolicy } from "./iam/role";
import { accessKey, user } from "./iam/user";
import { instance } from "./instance";
import { keyPair } from "./keyPair";
import { lookups } from "./lookups";
import { resourceType } from "./provider";
import { record } from "./record";
import type { Definition } from "./resource";
import { schedule } from "./schedule";
import type { Failure } from "./schema";
import { route, routeTable, routeTableAssociation } from "./routes";
import { bucket } from "./s3/bucket";
import {
  bucketEncryption,
  bucketPolicy,
  bucketPublicAccessBlock,
  bucketVersioning,
} from "./s3/settings";
import { defaultSecurityGroup, securityGroup } from "./securityGroup";
import { egressRule, ingressRule } from "./securityGroupRule";
import { subnet } from "./subnet";
import { volume } from "./volume";
import { volumeAttachment } from "./volumeAttachment";
import { internetGateway, vpc } from "./vpc";

const VERSION = "7.48.0";

/** All resource types by their tokens. */
export const definitions: Readonly<Record<string, Definition>> = {
  "aws:ebs/volume:Volume": volume,
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": defaultSecurityGroup,
  "aws:ec2/eip:Eip": eip,
  "aws:ec2/eipAssociation:EipAssociation": eipAssociation,
  "aws:ec2/instance:Instance": instance,
  "aws:ec2/internetGateway:InternetGateway": internetGateway,
  "aws:ec2/keyPair:KeyPair": keyPair,
  "aws:ec2/route:Route": route,
  "aws:ec2/routeTable:RouteTable": routeTable,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": routeTableAssociation,
  "aws:ec2/securityGroup:SecurityGroup": securityGroup,
  "aws:ec2/subnet:Subnet": subnet,
  "aws:ec2/volumeAttachment:VolumeAttachment": volumeAttachment,
  "aws:ec2/vpc:Vpc": vpc,
  "aws:iam/accessKey:AccessKey": accessKey,
  "aws:iam/group:Group": group,
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": groupPolicyAttachment,
  "aws:iam/policy:Policy": policy,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/user:User": user,
  "aws:iam/userGroupMembership:UserGroupMembership": userGroupMembership,
  "aws:route53/record:Record": record,
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketPolicy:BucketPolicy": bucketPolicy,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketPublicAccessBlock,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    bucketEncryption,
  "aws:s3/bucketVersioning:BucketVersioning": bucketVersioning,
  "aws:scheduler/schedule:Schedule": schedule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": egressRule,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ingressRule,
};

/** What is wrong with the provider's configuration, said of the provider before anything else. */
function checkConfig(config: Values): Failure[] {
  if (hasUnknown(config)) return [];
  try {
    readConfiguration(config);
    return [];
  } catch (failure) {
    return [{ property: "", reason: (failure as Error).message }];
  }
}

/** The plugin, bound to a session that `configure` fills. */
export function plugin(session: Session): Plugin {
  return {
    name: "aws",
    version: VERSION,
    checkConfig,
    configure: (config) => session.configure(config),
    resources: Object.fromEntries(
      Object.entries(definitions).map(([token, definition]) => [
        token,
        resourceType(token, definition, session),
      ]),
    ),
    functions: Object.fromEntries(
      Object.entries(lookups).map(([token, lookup]) => [
        token,
        (args: Values) => listed(`invoking ${token}: `, lookup(args, session)),
      ]),
    ),
  };
}
