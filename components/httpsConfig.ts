/** What the configuration says about the server's names and their certificate. */
import { X509Certificate } from "node:crypto";
import * as ipaddr from "ipaddr.js";
import { DOMAIN, Reader } from "./configReader";

/** Names, DNS and certificate of a stack. */
export interface HttpsSettings {
  /** Domain name of the server; undefined means that it is reached by its address, over http. */
  domain?: string;
  /** More names of the same server, on the same certificate. */
  extraDomains: string[];
  /** Zone in Route 53 where the records of names in it are made; undefined: IT makes them. */
  dnsZone?: string;
  /** Seconds. */
  dnsTtl: number;
  /** Name servers that are asked, as `address` or `address:port`; empty: those of the zone. */
  dnsResolvers: string[];
  /** Where the issuer writes to; undefined only where there is no domain. */
  acmeEmail?: string;
  /** Directory address of the ACME server. */
  acmeServer: string;
  /** Certificates, in PEM, of an ACME server's own authority. */
  acmeCa?: string;
}

/** Let's Encrypt's directories: https://letsencrypt.org/docs/acme-protocol-updates/ and …/staging-environment/ */
export const LETS_ENCRYPT = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

const DOMAIN_RULE = {
  allowed: "lower-case labels of letters, digits and hyphens, such as jupyter.example.org",
  example: "jupyter.example.org",
};

/** Reads the keys of names and certificate. */
export function readHttps(read: Reader): HttpsSettings {
  const domain = read.optional("domain", DOMAIN, {
    wrong: "domain is not a name that a DNS record can have",
    ...DOMAIN_RULE,
    example: bareName(read.text("domain")) ?? DOMAIN_RULE.example,
  });
  const acmeServer = readServer(read);
  const settings: HttpsSettings = {
    domain,
    extraDomains: readExtraDomains(read, domain),
    dnsZone: read.optional("dnsZone", DOMAIN, {
      wrong: "dnsZone is not the name of a zone",
      allowed: "the name of a public hosted zone of yours in Route 53, such as example.org",
      example: "example.org",
    }),
    dnsTtl: read.integer("dnsTtl", 30, 604800),
    dnsResolvers: readResolvers(read),
    acmeEmail: read.optional("acmeEmail", /^[!-?A-~]+@[a-z0-9.-]+\.[a-z]{2,}$/, {
      wrong: "acmeEmail is not an e-mail address",
      allowed: "the address of a person who looks after the server",
      example: "it@example.org",
    }),
    acmeServer,
    acmeCa: readAuthority(read),
  };
  checkTogether(read, settings);
  return settings;
}

/** The name in what was copied from a browser, such as https://Jupyter.Example.org/hub. */
function bareName(text: string): string | undefined {
  const [name = ""] = text
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/+/, "")
    .split(/[/:?#]/);
  const bare = name.replace(/\.$/, "");
  return DOMAIN.test(bare) ? bare : undefined;
}

function readExtraDomains(read: Reader, domain: string | undefined): string[] {
  const names = read.list("extraDomains", "hub.example.org");
  names.forEach((name, index) => {
    const twice = name === domain || names.indexOf(name) !== index;
    if (DOMAIN.test(name) && !twice) return;
    read.refuse(
      `--path 'extraDomains[${index}]'`,
      {
        wrong: twice
          ? "extraDomains has a name twice, or the name of domain"
          : "extraDomains has a name that a DNS record cannot have",
        ...DOMAIN_RULE,
        example: (twice ? undefined : bareName(name)) ?? "hub.example.org",
      },
      name,
    );
  });
  return names;
}

function readResolvers(read: Reader): string[] {
  const servers = read.list("dnsResolvers", "192.0.2.53");
  servers.forEach((server, index) => {
    const [address, port = "53", ...rest] = server.split(":");
    const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
    if (ipaddr.IPv4.isValidFourPartDecimal(address) && isPort && rest.length === 0) return;
    read.refuse(
      `--path 'dnsResolvers[${index}]'`,
      {
        wrong: "dnsResolvers has something that is not the address of a name server",
        allowed:
          "an IPv4 address, with a port if it needs one; none at all for the zone's own servers",
        example: "192.0.2.53",
      },
      server,
    );
  });
  return servers;
}

function readServer(read: Reader): string {
  const value = read.text("acmeServer").trim();
  if (value === "production" || value === "staging") return LETS_ENCRYPT[value];
  const isAddress = URL.canParse(value) && new URL(value).protocol === "https:";
  if (!isAddress) {
    read.refuse(
      "acmeServer",
      {
        wrong: "acmeServer is not an ACME server",
        allowed: "production, staging, or the https address of a directory",
        example: "production",
      },
      value,
    );
  }
  return value;
}

function readAuthority(read: Reader): string | undefined {
  const value = read.text("acmeCa").trim();
  if (value === "") return undefined;
  const certificates = value.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const isWhole = (certificates ?? []).length > 0 && (certificates ?? []).every(isCertificate);
  if (!isWhole) {
    read.refuse(
      "acmeCa",
      {
        wrong: "acmeCa has no certificate, or one that cannot be read",
        allowed: "certificates in PEM, from -----BEGIN CERTIFICATE----- to the end",
        example: "< authority.pem",
      },
      `a text of ${value.length} characters`,
    );
  }
  return `${value}\n`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}

/** Whether a name is the zone's own or under it. */
export function isInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** What each value alone cannot say. */
function checkTogether(read: Reader, settings: HttpsSettings): void {
  const { domain, extraDomains, dnsZone, acmeEmail, acmeCa, acmeServer } = settings;
  if (domain === undefined) {
    const lonely = [
      ...(extraDomains.length > 0 ? (["extraDomains"] as const) : []),
      ...(dnsZone !== undefined ? (["dnsZone"] as const) : []),
    ];
    for (const key of lonely) {
      read.problems.push({
        wrong: `${key} is set, but domain is not`,
        received: read.text(key),
        allowed: "domain is the name that participants use",
        mend: `pulumi config set domain jupyter.${dnsZone ?? "example.org"}`,
      });
    }
    return;
  }
  if (acmeEmail === undefined && DOMAIN.test(domain)) {
    read.problems.push({
      wrong: "acmeEmail is not set: with a domain the server gets a certificate",
      received: "nothing",
      allowed: "the address of a person whom the issuer may write to",
      mend: "pulumi config set acmeEmail it@example.org",
    });
  }
  if (
    dnsZone !== undefined &&
    [dnsZone, domain].every((it) => DOMAIN.test(it)) &&
    !isInZone(domain, dnsZone)
  ) {
    read.problems.push({
      wrong: "domain is not a name of dnsZone",
      received: `${domain}, zone ${dnsZone}`,
      allowed: `a name that ends in .${dnsZone}, or no dnsZone`,
      mend: `pulumi config set domain jupyter.${dnsZone}`,
    });
  }
  const isLetsEncrypt = Object.values(LETS_ENCRYPT).some((known) => known === acmeServer);
  if (acmeCa !== undefined && isLetsEncrypt) {
    read.problems.push({
      wrong: "acmeCa is set, but Let's Encrypt needs none",
      received: "certificates of an authority",
      allowed: "acmeCa only with acmeServer's own address",
      mend: "pulumi config rm acmeCa",
    });
  }
}
