import * as pulumi from "@pulumi/pulumi";
import { ContentCheck } from "../providers/contentCheck";
import type { ContentEntry } from "./content";
import { link, linkList, links, shortAddressRule, START } from "./links";
import { scriptSource, Server, ServerStep, SSH_USER } from "./server";

export interface CourseContentArgs {
  server: Server;
  region: string;
  content: readonly ContentEntry[];
  /** Host of the token. */
  gitHost: string;
  /** Only whether there is one is asked. */
  gitToken?: string;
  /** Of the hub, such as http://192.0.2.7. */
  baseUrl: pulumi.Input<string>;
}

/**
 * Phase 6 of the guide, step 6.4: the links that bring participants to the material, short addresses
 * for them on the hub, and the look whether each leads somewhere.
 *
 * Costs nothing. Without content there are no links, and what was there of them on the hub is removed.
 */
export class CourseContent extends pulumi.ComponentResource {
  /** Name of each entry to its link. */
  readonly links: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: CourseContentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:CourseContent", name, {}, opts);
    const { server, content } = args;
    const baseUrl = pulumi.output(args.baseUrl);
    const [first] = content;
    this.links = baseUrl.apply((url) => links(url, content));
    const check = first && this.check(`${name}-content-check`, args);
    new ServerStep(
      `${name}-links`,
      {
        server,
        script: "links",
        values: {
          RULE: baseUrl.apply((url) => shortAddressRule(url, content)),
          LIST: linkList(content),
          LINKS: baseUrl.apply((url): Record<string, string> => ({
            ...(first && { [START]: link(url, first) }),
            ...links(url, content),
          })),
        },
        limitMinutes: 10,
      },
      // Short addresses lead where they led before until the new links are known to be right.
      { parent: this, dependsOn: check },
    );
    this.registerOutputs({});
  }

  private check(name: string, args: CourseContentArgs): ContentCheck {
    const { server, region, content, gitHost, gitToken } = args;
    const check = new ContentCheck(
      name,
      {
        ...server,
        user: SSH_USER,
        region,
        stack: pulumi.getStack(),
        entries: content.map((entry) => {
          const { name, url, host, branch, open, app } = entry;
          return { name, url, host, branch, open, app };
        }),
        gitHost,
        hasToken: gitToken !== undefined,
        script: scriptSource("content-check"),
      },
      { parent: this },
    );
    check.warnings.apply((warnings) => {
      for (const warning of warnings ?? []) void pulumi.log.warn(warning, check);
    });
    return check;
  }
}
