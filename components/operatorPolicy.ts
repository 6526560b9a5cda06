/**
 * What the operator may do in AWS, the user that makes, changes and removes workshops: Phase 1 of
 * the guide, with no more rights than needed in the place of AdministratorAccess.
 *
 * Everything may be looked at. Made, changed and removed may be only what has the tag `project` of
 * this program, in the chosen regions. docs/operator.md says for each action what needs it. Which
 * action knows which resource and condition is AWS's service authorization reference:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { PROJECT } from "./tags";

/** What differs from one account to another. */
export interface PolicyScope {
  /** Regions in which workshops may be made, at least one. */
  regions: readonly string[];
  /** Id of the zone in Route 53 whose A records may be changed. Default: none may. */
  zoneId?: string | undefined;
  /** S3 bucket of Pulumi's state. Default: the state lies elsewhere. */
  stateBucket?: string | undefined;
  /** Name of the role of AWS's scheduler. Default: the operator schedules nothing. */
  schedulerRole?: string | undefined;
}

/**
 * Characters of a managed policy, blanks apart:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const MOST_CHARACTERS = 6_144;

type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Statement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | { Service: string };
  Action: string | readonly string[];
  Resource?: string | readonly string[];
  Condition?: Condition;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: readonly Statement[];
}

/** Calls that make a thing by itself, with its tags. */
const MAKE = [
  "AllocateAddress",
  "CopySnapshot",
  "CreateInternetGateway",
  "CreateSnapshot",
  "CreateVolume",
  "CreateVpc",
  "ImportKeyPair",
  "RegisterImage",
];
/** Calls that make a thing in a VPC. */
const MAKE_IN_VPC = ["CreateRouteTable", "CreateSecurityGroup", "CreateSubnet"];
const OPEN_PORTS = ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"];
/** Calls on things that are there already. */
const CHANGE = [
  "AssociateAddress",
  "AssociateRouteTable",
  "AttachInternetGateway",
  "AttachVolume",
  "CreateRoute",
  "DeleteInternetGateway",
  "DeleteKeyPair",
  "DeleteRoute",
  "DeleteRouteTable",
  "DeleteSecurityGroup",
  "DeleteSnapshot",
  "DeleteSubnet",
  "DeleteVolume",
  "DeleteVpc",
  "DeregisterImage",
  "DetachInternetGateway",
  "DetachVolume",
  "DisassociateAddress",
  "DisassociateRouteTable",
  "ModifyInstanceAttribute",
  "ModifyInstanceCreditSpecification",
  "ModifySecurityGroupRules",
  "ModifyVolume",
  "ModifyVpcAttribute",
  "ReleaseAddress",
  "RevokeSecurityGroupEgress",
  "RevokeSecurityGroupIngress",
  "StartInstances",
  "StopInstances",
  "TerminateInstances",
];
/** Kinds of things that have the tag. */
const TAGGED = [
  "elastic-ip",
  "instance",
  "internet-gateway",
  "key-pair",
  "route-table",
  "security-group",
  "security-group-rule",
  "snapshot",
  "subnet",
  "volume",
  "vpc",
];

const REQUEST_TAG = { "aws:RequestTag/project": PROJECT };
const RESOURCE_TAG = { "aws:ResourceTag/project": PROJECT };

function ec2(actions: readonly string[]): string[] {
  return actions.map((action) => `ec2:${action}`);
}

/** AWS keeps some regions apart from the others: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The operator's policy, for `pulumi up` of an account stack and for an IT department alike. */
export function operatorPolicy(scope: PolicyScope): PolicyDocument {
  const partition = partitionOf(scope.regions[0] ?? "");
  const statements = [
    elsewhere(scope.regions),
    ...ec2Statements(partition),
    ...(scope.zoneId ? zoneStatements(partition, scope.zoneId) : []),
    ...(scope.schedulerRole ? scheduleStatements(partition, scope.schedulerRole) : []),
    ...(scope.stateBucket ? stateStatements(partition, scope.stateBucket) : []),
  ];
  return { Version: "2012-10-17", Statement: statements };
}

/**
 * What has regions is refused in all others, once for all statements: as a condition of each, a list of
 * regions would fill the policy.
 */
function elsewhere(regions: readonly string[]): Statement {
  return {
    Sid: "NotElsewhere",
    Effect: "Deny",
    Action: ["ec2:*", "scheduler:*"],
    Resource: "*",
    Condition: { StringNotEquals: { "aws:RequestedRegion": regions } },
  };
}

function ec2Statements(partition: string): Statement[] {
  const things = (...kinds: readonly string[]) =>
    kinds.map((kind) => `arn:${partition}:ec2:*:*:${kind}/*`);
  // Images have no account in their name.
  const image = `arn:${partition}:ec2:*::image/*`;
  const when = (equals: Readonly<Record<string, string | readonly string[]>>): Condition => ({
    StringEquals: equals,
  });
  const allow = (
    Sid: string,
    actions: readonly string[],
    Resource: string | readonly string[],
    Condition?: Condition,
  ): Statement => ({
    Sid,
    Effect: "Allow",
    Action: ec2(actions),
    Resource,
    ...(Condition && { Condition }),
  });
  return [
    // Looking at things cannot be narrowed to some of them:
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html
    allow("Look", ["Describe*"], "*"),
    {
      // Prices are the same for everybody, and quotas only told. The price list is in regions of its own.
      Sid: "Ask",
      Effect: "Allow",
      Action: [
        "pricing:GetProducts",
        "servicequotas:GetAWSDefaultServiceQuota",
        "servicequotas:GetServiceQuota",
      ],
      Resource: "*",
    },
    // What is made has the tag from its first moment:
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    allow(
      "Make",
      MAKE,
      [...things("elastic-ip", "internet-gateway", "snapshot", "volume", "vpc", "key-pair"), image],
      when(REQUEST_TAG),
    ),
    allow(
      "MakeInVpc",
      MAKE_IN_VPC,
      things("route-table", "security-group", "subnet"),
      when(REQUEST_TAG),
    ),
    allow("MakeRules", OPEN_PORTS, things("security-group-rule"), when(REQUEST_TAG)),
    allow("Run", ["RunInstances"], things("instance", "volume"), when(REQUEST_TAG)),
    // What it is made in, or of, is the operator's own, but for the image, and for the network
    // interface that comes with an instance and gets no tag:
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
    allow(
      "MakeOfOwn",
      [
        ...[...MAKE_IN_VPC, ...OPEN_PORTS],
        ...["CreateSnapshot", "CreateVolume", "RegisterImage", "RunInstances"],
      ],
      things("key-pair", "security-group", "snapshot", "subnet", "volume", "vpc"),
      when(RESOURCE_TAG),
    ),
    allow("RunAnyImage", ["RunInstances"], [image, ...things("network-interface")]),
    // Only together with the call that makes the thing. Who may tag what is there already can make
    // anything in the account the operator's own.
    allow(
      "TagWhatIsMade",
      ["CreateTags"],
      [...things(...TAGGED), image],
      when({
        ...REQUEST_TAG,
        "ec2:CreateAction": [...MAKE, ...MAKE_IN_VPC, ...OPEN_PORTS, "RunInstances"],
      }),
    ),
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/control-access-with-tags.html
    allow("ChangeOwn", CHANGE, [...things(...TAGGED), image], when(RESOURCE_TAG)),
    // The same calls ask for the instance's own interface too, which has no tag.
    allow(
      "AddressOfInterface",
      ["AssociateAddress", "DisassociateAddress"],
      things("network-interface"),
    ),
  ];
}

/**
 * Route 53 has no regions. A zone's records are narrowed by its id and by their type:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html
 */
function zoneStatements(partition: string, zoneId: string): Statement[] {
  return [
    {
      Sid: "LookAtZones",
      Effect: "Allow",
      Action: ["route53:Get*", "route53:List*"],
      Resource: "*",
    },
    {
      Sid: "ChangeAddresses",
      Effect: "Allow",
      Action: ["route53:ChangeResourceRecordSets"],
      Resource: `arn:${partition}:route53:::hostedzone/${zoneId}`,
      Condition: {
        "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": ["A"] },
      },
    },
  ];
}

/**
 * Pulumi reads, writes and lists its state, and deletes locks and what is left of removed stacks:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
 */
function stateStatements(partition: string, bucket: string): Statement[] {
  return [
    {
      Sid: "ListState",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: `arn:${partition}:s3:::${bucket}`,
    },
    {
      Sid: "KeepState",
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      Resource: `arn:${partition}:s3:::${bucket}/*`,
    },
  ];
}

/**
 * Schedules have no tags; those of workshops have a name that begins with the project's. Their role can
 * be passed to AWS's scheduler only, and looked at:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_service-with-iam.html
 */
function scheduleStatements(partition: string, role: string): Statement[] {
  const Resource = `arn:${partition}:iam::*:role/${role}`;
  return [
    {
      Sid: "Schedule",
      Effect: "Allow",
      Action: ["Create", "Delete", "Get", "Update"].map((verb) => `scheduler:${verb}Schedule`),
      Resource: `arn:${partition}:scheduler:*:*:schedule/default/${PROJECT}-*`,
    },
    { Sid: "LookAtScheduler", Effect: "Allow", Action: ["iam:GetRole"], Resource },
    {
      Sid: "PassToScheduler",
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource,
      Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    },
  ];
}

/** Whether an action only looks. */
export function isRead(action: string): boolean {
  return /:(Describe|Get|List)/.test(action);
}

/** All actions that a policy allows, each once. */
export function actionsOf({ Statement }: PolicyDocument): string[] {
  const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
  return [...new Set(allowed.flatMap(({ Action }) => Action))].sort();
}
