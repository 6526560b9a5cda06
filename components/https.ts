import * as pulumi from "@pulumi/pulumi";
import { HttpsGate } from "../providers/httpsGate";
import { serverNames } from "./dns";
import { LETS_ENCRYPT, type HttpsSettings } from "./httpsConfig";
import { scriptSource, Server, ServerStep, SSH_USER } from "./server";
import { forStack } from "./text";

export interface HttpsArgs extends HttpsSettings {
  server: Server;
  region: string;
}

/** How Let's Encrypt is called in CAA records: https://letsencrypt.org/docs/caa/ */
const LETS_ENCRYPT_CAA = "letsencrypt.org";

/**
 * Phase 4 of the guide: a certificate for the server's names, proved from chain to expiry, and http
 * that leads to https. As long as the names do not point here the site is closed (see `PlainHttp`),
 * each `up` says why, and no certificate is ordered.
 *
 * Costs nothing. A first certificate takes some 15 s. A certificate lies on the data volume, is good
 * for a new machine too, and is renewed by the proxy 30 days before its end. Errors: the issuer
 * refuses (its own reason is said), does not answer, or the certificate is not what it should be; what
 * was in force before is in force again then, and nothing is ordered again until the next `up`.
 *
 * Without a domain there is nothing here but a warning.
 */
export class Https extends pulumi.ComponentResource {
  constructor(name: string, args: HttpsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Https", name, {}, opts);
    if (args.domain === undefined) {
      const text =
        "No domain is configured: passwords travel unencrypted, and whoever shares a participant's network can read them. To end that: pulumi config set domain jupyter.example.org (a name of yours), then: pulumi up";
      void pulumi.log.warn(forStack(text, pulumi.getStack()), this);
    } else {
      const gate = this.gate(`${name}-https-gate`, args);
      new ServerStep(
        `${name}-certificate`,
        {
          server: args.server,
          script: "certificate",
          values: {
            DOMAINS: gate.ready,
            EMAIL: args.acmeEmail ?? "",
            ACME_SERVER: args.acmeServer,
            ACME_CA: args.acmeCa ?? "",
            IS_TRUSTED: args.acmeServer === LETS_ENCRYPT.staging ? "no" : "yes",
          },
          limitMinutes: 15,
        },
        { parent: this, dependsOn: gate },
      );
    }
    this.registerOutputs({});
  }

  private gate(name: string, args: HttpsArgs): HttpsGate {
    const { server, region, dnsResolvers, acmeServer } = args;
    const isLetsEncrypt = Object.values(LETS_ENCRYPT).some((known) => known === acmeServer);
    const gate = new HttpsGate(
      name,
      {
        ...server,
        user: SSH_USER,
        region,
        stack: pulumi.getStack(),
        names: pulumi.output(server.address).apply((address) => serverNames(args, address)),
        resolvers: dnsResolvers,
        issuer: isLetsEncrypt ? LETS_ENCRYPT_CAA : "",
        script: scriptSource("answer-ports"),
      },
      { parent: this },
    );
    pulumi.all([gate.problems, gate.ready]).apply(([problems, ready]) => {
      for (const problem of problems ?? []) void pulumi.log.warn(problem, gate);
      if (ready?.length !== 0) return;
      const text = `https://${args.domain} is not open yet, and meanwhile nobody is asked for a password over plain http: the site answers on the server alone. Mend what is said above; the next pulumi up goes on by itself`;
      void pulumi.log.warn(forStack(text, pulumi.getStack()), gate);
    });
    return gate;
  }
}
