import { strict as assert } from "node:assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import type { DesiredMachine, Rule } from "../../rehearsal/machines/desired";
import { tableText, type Behind } from "../../rehearsal/machines/firewall";
import { mountsAt } from "../../rehearsal/machines/mounts";
import { deviceName, namesOf, volumeOfDevice } from "../../rehearsal/machines/names";
import { plan, type Found } from "../../rehearsal/machines/plan";
import { chooseAddress, chooseSubnet } from "../../rehearsal/machines/subnet";

const bridge = {
  interfaceName: "podman1",
  gateway: "10.231.7.1",
  servicesPort: 8080,
  tlsPort: 8443,
};

/** The lines of one chain of the table for these machines. */
function chain(name: string, ...machines: Behind[]): string[] {
  const text = tableText({ table: "tljh_rehearsal_dev" }, bridge, machines);
  const body = new RegExp(`  chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(
    text,
  )?.[1];
  assert.ok(body !== undefined, `no chain ${name} in\n${text}`);
  return body.split("\n").map((line) => line.trim());
}

function behind(change: Partial<Behind>): Behind {
  const address = "127.1.2.3";
  return { privateAddress: "10.231.7.2", address, ingress: [], egress: [], ...change };
}

describe("machines: firewall", () => {
  const CASES: [string, Rule, string][] = [
    [
      "one port for all",
      { protocol: "tcp", fromPort: 22, toPort: 22, cidr: "0.0.0.0/0" },
      "meta nfproto ipv4 tcp dport 22 accept",
    ],
    [
      "a range of ports for a range of addresses",
      { protocol: "udp", fromPort: 5000, toPort: 5010, cidr: "203.0.113.0/24" },
      "ip saddr 203.0.113.0/24 udp dport 5000-5010 accept",
    ],
    [
      "every protocol",
      { protocol: "-1", fromPort: -1, toPort: -1, cidr: "198.51.100.7/32" },
      "ip saddr 198.51.100.7/32 accept",
    ],
    [
      "every ICMP",
      { protocol: "icmp", fromPort: -1, toPort: -1, cidr: "0.0.0.0/0" },
      "meta nfproto ipv4 meta l4proto icmp accept",
    ],
    [
      "one ICMP type, every code",
      { protocol: "icmp", fromPort: 8, toPort: -1, cidr: "0.0.0.0/0" },
      "meta nfproto ipv4 icmp type 8 accept",
    ],
  ];
  for (const [what, rule, line] of CASES) {
    it(`accepts ${what} on the Elastic IP, and drops the rest`, () => {
      const lines = chain("to_127_1_2_3", behind({ ingress: [rule] }));
      assert.ok(lines.includes(line), lines.join("\n"));
      assert.equal(lines.at(-1), "drop");
    });
  }

  it("holds egress rules against the other side's address", () => {
    const rule: Rule = { protocol: "tcp", fromPort: 443, toPort: 443, cidr: "192.0.2.0/24" };
    assert.deepEqual(chain("from_10_231_7_2", behind({ egress: [rule] })), [
      "ip daddr 192.0.2.0/24 tcp dport 443 accept",
      "drop",
    ]);
  });

  it("sends an Elastic IP on to its machine, and none where there is none", () => {
    const other = behind({ privateAddress: "10.231.7.3", address: undefined });
    assert.deepEqual(chain("elastic_addresses", behind({}), other).slice(1), [
      "ip daddr 127.1.2.3 dnat ip to 10.231.7.2",
    ]);
  });

  it("keeps machines from this computer's own loopback", () => {
    assert.ok(chain("before_all").includes('iifname "podman1" ip daddr 127.0.0.0/8 drop'));
  });

  it("replaces the table of before in the same transaction", () => {
    const [first, second] = tableText({ table: "t" }, bridge, []).split("\n");
    assert.deepEqual([first, second], ["table inet t {}", "delete table inet t"]);
  });
});

describe("machines: networks and addresses", () => {
  it("a rehearsal gets the same network every time, others mostly another", () => {
    assert.deepEqual(chooseSubnet("dev", []), chooseSubnet("dev", []));
    assert.notEqual(chooseSubnet("dev", []).cidr, chooseSubnet("test", []).cidr);
  });

  it("never takes a network that overlaps one in use", () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 20, max: 30 }));
    fc.assert(
      fc.property(fc.string(), fc.array(range, { maxLength: 10 }), (name, ranges) => {
        const taken = ranges.map(([third, bits]) => `10.231.${third}.0/${bits}`);
        const chosen = ipaddr.parseCIDR(chooseSubnet(name, taken).cidr);
        return taken.every((one) => {
          const [address, bits] = ipaddr.parseCIDR(one);
          return !address.match(chosen) && !chosen[0].match([address, bits]);
        });
      }),
    );
  });

  it("a route for all of 10.0.0.0/8, a default route and IPv6 are no hindrance", () => {
    const taken = ["10.0.0.0/8", "default", "fd00::/64", "0.0.0.0/0"];
    assert.deepEqual(chooseSubnet("dev", taken), chooseSubnet("dev", []));
  });

  it("says so when no network is free", () => {
    const taken = Array.from({ length: 256 }, (_, third) => `10.231.${third}.0/24`);
    assert.throws(() => chooseSubnet("dev", taken), /no network is free/);
  });

  it("a machine gets the lowest free address", () => {
    assert.equal(chooseAddress("10.231.7.1", []), "10.231.7.2");
    assert.equal(chooseAddress("10.231.7.1", ["10.231.7.2", "10.231.7.4"]), "10.231.7.3");
  });
});

describe("machines: names", () => {
  for (const name of ["", "Dev", "1dev", "a_b", "a b", "a".repeat(31), "a;reboot"]) {
    it(`"${name}" is no name for a rehearsal`, () => {
      assert.throws(() => namesOf(name), /allowed: {2}a small letter/);
    });
  }

  it("names for nft and for interfaces are such that they can be used", () => {
    const { table, cable } = namesOf("test-1234-left");
    assert.equal(table, "tljh_rehearsal_test_1234_left");
    for (const end of cable) assert.ok(end.length <= 15);
  });

  it("a volume's device is named after it as on EC2", () => {
    const name = deviceName("vol-0123456789abcdef0");
    assert.equal(name, "nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0");
    assert.equal(volumeOfDevice(name), "vol-0123456789abcdef0");
    assert.equal(volumeOfDevice("wwn-0x1234"), undefined);
  });
});

describe("machines: mounts", () => {
  it("are found in a folder only, the innermost first, with blanks in their names", () => {
    const table = [
      "22 1 254:0 / / rw - ext4 /dev/vda rw",
      "40 22 7:0 / /disks/machines/a rw - ext4 /dev/loop0 rw",
      "41 40 7:1 / /disks/machines/a/b\\040c rw - ext4 /dev/loop1 rw",
      "42 22 7:2 / /disks/machines-of-others rw - ext4 /dev/loop2 rw",
    ].join("\n");
    assert.deepEqual(mountsAt("/disks/machines", table), [
      "/disks/machines/a/b c",
      "/disks/machines/a",
    ]);
  });
});

describe("machines: plan", () => {
  const machine = (change: Partial<DesiredMachine> = {}): DesiredMachine => ({
    instanceId: "i-1",
    state: "running",
    memoryMiB: 1024,
    hostname: "ip-10-0-0-1",
    userData: "",
    rootVolumeId: "vol-1",
    attachedVolumeIds: ["vol-1", "vol-2"],
    ingress: [],
    egress: [],
    ...change,
  });
  const volumes = [
    { volumeId: "vol-1", sizeGiB: 8 },
    { volumeId: "vol-2", sizeGiB: 1 },
  ];
  const nothing: Found = { containers: new Map(), homes: [], attached: new Map(), volumes: [] };
  const there: Found = {
    containers: new Map([["i-1", { running: true }]]),
    homes: ["i-1"],
    attached: new Map([["i-1", ["vol-2"]]]),
    volumes: ["vol-1", "vol-2"],
  };
  const data = { instanceId: "i-1", volumeId: "vol-2" };

  it("makes what is not there; a root volume is no blank one and no device", () => {
    const steps = plan({ machines: [machine()], volumes }, nothing);
    assert.deepEqual(steps.start, [machine()]);
    assert.deepEqual(steps.attach, [data]);
    assert.deepEqual(steps.blankVolumes, [volumes[1]]);
    assert.deepEqual([steps.stop, steps.detach, steps.forget, steps.deleteVolumes].flat(), []);
  });

  it("leaves alone what is as it should be", () => {
    const steps = plan({ machines: [machine()], volumes }, there);
    const changes = [steps.stop, steps.start, steps.detach, steps.forget, steps.deleteVolumes];
    assert.deepEqual(changes.flat(), []);
  });

  it("stops a machine with its devices, and keeps its volumes", () => {
    const steps = plan({ machines: [machine({ state: "stopped" })], volumes }, there);
    assert.deepEqual(steps.stop, ["i-1"]);
    assert.deepEqual(steps.detach, [data]);
    assert.deepEqual([steps.start, steps.forget, steps.deleteVolumes].flat(), []);
  });

  it("clears a machine away that has ended by itself, and starts it", () => {
    const ended = { ...there, containers: new Map([["i-1", { running: false }]]) };
    const steps = plan({ machines: [machine()], volumes }, ended);
    assert.deepEqual(steps.stop, ["i-1"]);
    assert.deepEqual(steps.start, [machine()]);
  });

  it("removes a terminated machine, but only volumes that are no longer listed", () => {
    const steps = plan({ machines: [], volumes: [volumes[1]] }, there);
    assert.deepEqual([steps.stop, steps.forget], [["i-1"], ["i-1"]]);
    assert.deepEqual(steps.detach, [data]);
    assert.deepEqual(steps.deleteVolumes, ["vol-1"]);
  });

  it("moves a volume from one machine to another", () => {
    const from = machine({ attachedVolumeIds: [] });
    const to = machine({ instanceId: "i-2", rootVolumeId: "vol-3", attachedVolumeIds: ["vol-2"] });
    const steps = plan({ machines: [from, to], volumes }, there);
    assert.deepEqual(steps.detach, [data]);
    assert.deepEqual(steps.attach, [{ instanceId: "i-2", volumeId: "vol-2" }]);
  });
});
