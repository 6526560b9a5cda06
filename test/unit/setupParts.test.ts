import { strict as assert } from "node:assert";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { extraCertificates, imageSource } from "../../rehearsal/setup/image.mjs";
import { isNewEnoughPython } from "../../rehearsal/setup/moto.mjs";
import { missingPackages } from "../../rehearsal/setup/npm.mjs";
import { missingSystemPackages } from "../../rehearsal/setup/packages.mjs";
import { isCurrent, pluginMode } from "../../rehearsal/setup/plugins.mjs";
import { isAtLeast } from "../../rehearsal/setup/pulumi.mjs";
import { rootCommand } from "../../rehearsal/setup/run.mjs";

/** An authority as PEM; its text is no certificate, which nothing here looks at. */
function pem(text: string): string {
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

describe("set-up: npm packages", () => {
  const locked = {
    "": { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
    "node_modules/other-platform": { version: "3.0.0", optional: true },
  };
  const installed = {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
  };

  it("nothing is missing when each locked version is installed", () => {
    assert.deepEqual(missingPackages(locked, installed), []);
  });

  it("all but optional packages are missing from an empty clone", () => {
    assert.deepEqual(missingPackages(locked, {}), [
      "node_modules/a",
      "node_modules/a/node_modules/b",
    ]);
  });

  it("another version is as good as none, also of an optional package", () => {
    const others = {
      ...installed,
      "node_modules/a": { version: "1.0.1" },
      "node_modules/other-platform": { version: "2.9.0" },
    };
    assert.deepEqual(missingPackages(locked, others), [
      "node_modules/a",
      "node_modules/other-platform",
    ]);
  });
});

describe("set-up: versions", () => {
  const cases: [string, string, boolean][] = [
    ["3.220.0", "3.220.0", true],
    ["v3.220.1", "3.220.0", true],
    ["3.221.0-alpha.1", "3.220.0", true],
    ["4.0.0", "3.220.0", true],
    ["3.68.0", "3.220.0", false],
    ["3.219.9", "3.220.0", false],
    ["2.300.0", "3.220.0", false],
    ["3.220", "3.220.0", false],
    ["nonsense", "3.220.0", false],
  ];
  for (const [version, oldest, expected] of cases) {
    it(`${version} is ${expected ? "new enough" : "too old"} for ${oldest}`, () => {
      assert.equal(isAtLeast(version, oldest), expected);
    });
  }

  it("moto's pinned packages need Python 3.11", () => {
    const versions = ["3.11.7", "3.12.0", "4.0.0", "3.10.14", "2.7.18", "none"];
    assert.deepEqual(versions.filter(isNewEnoughPython), ["3.11.7", "3.12.0", "4.0.0"]);
  });
});

describe("set-up: system packages", () => {
  it("names what this computer lacks, in order", () => {
    const required = { podman: () => false, runc: () => true, iptables: () => false };
    assert.deepEqual(missingSystemPackages(required), ["podman", "iptables"]);
  });

  it("sudo is used by everybody but root", () => {
    assert.deepEqual(rootCommand(["apt-get", "update"], 0), ["apt-get", "update"]);
    assert.deepEqual(rootCommand(["apt-get", "update"], 1000), ["sudo", "apt-get", "update"]);
  });
});

describe("set-up: plugins", () => {
  it("a plugin's own setting wins over the one for all; the default is auto", () => {
    const env = { REHEARSAL_PLUGINS: "stand-in", REHEARSAL_PLUGIN_AWS: "real" };
    assert.equal(pluginMode("aws", env), "real");
    assert.equal(pluginMode("tls", env), "stand-in");
    assert.equal(pluginMode("tls", {}), "auto");
  });

  it("an unknown mode is refused with the setting's name and what is allowed", () => {
    assert.throws(
      () => pluginMode("aws", { REHEARSAL_PLUGIN_AWS: "fake" }),
      /REHEARSAL_PLUGIN_AWS[\s\S]*fake[\s\S]*auto, real, stand-in/,
    );
  });

  const wanted = {
    version: "7.48.0",
    mode: "auto" as const,
    refused: true,
    sourcesUnchanged: (sources: Record<string, string>) => sources["main.ts"] === "1",
  };
  const standIn = {
    version: "7.48.0",
    kind: "stand-in" as const,
    sources: { "main.ts": "1" },
  };
  const real = { version: "7.48.0", kind: "real" as const };

  it("a stand-in stays while its sources do and the download was refused today", () => {
    assert.equal(isCurrent(standIn, wanted), true);
    assert.equal(isCurrent({ ...standIn, sources: { "main.ts": "2" } }, wanted), false);
    assert.equal(isCurrent(standIn, { ...wanted, refused: false }), false);
  });

  it("what is asked for by name is not exchanged for the other", () => {
    assert.equal(isCurrent(standIn, { ...wanted, mode: "real" }), false);
    assert.equal(isCurrent(real, { ...wanted, mode: "stand-in" }), false);
    assert.equal(isCurrent(standIn, { ...wanted, mode: "stand-in", refused: false }), true);
    assert.equal(isCurrent(real, wanted), true);
  });

  it("another version, or none, is not current", () => {
    assert.equal(isCurrent({ ...real, version: "7.47.0" }, wanted), false);
    assert.equal(isCurrent(undefined, wanted), false);
  });
});

describe("set-up: machine image", () => {
  it("keeps each authority once that is not the distribution's, whatever its line ends", () => {
    const trusted = pem("own") + pem("debian") + pem("own").replace(/\n/g, "\r\n");
    assert.equal(extraCertificates(trusted, pem("debian")).trim(), pem("own").trim());
    assert.equal(extraCertificates(pem("debian"), pem("debian")), "");
  });

  it("a file is a tar, anything else a reference, nothing Debian's packages", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "setup-test-"));
    const tar = path.join(folder, "root.tar");
    fs.writeFileSync(tar, "");
    try {
      assert.deepEqual(imageSource(tar), { kind: "tar", from: tar });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
    assert.equal(imageSource("docker.io/library/ubuntu:22.04").kind, "reference");
    assert.equal(imageSource(undefined).kind, "debian");
    assert.equal(imageSource("").kind, "debian");
  });
});
