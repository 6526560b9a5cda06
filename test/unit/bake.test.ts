/** `npm run bake`: its words, its texts, and which texts must be in no image. */
import assert from "node:assert/strict";
import { parseBakeArguments } from "../../scripts/bakeArguments";
import { imageName, imageTags, type Baked } from "../../scripts/bakeImages";
import { secretsOf } from "../../scripts/bakeSecrets";
import { bakedText, imagesText } from "../../scripts/bakeText";

const IMAGE: Baked = {
  id: "ami-0123456789abcdef0",
  name: "w-image-20261126-014901",
  at: "2026-11-26T01:49:01.000Z",
  state: "available",
  sizeGiB: 20,
  snapshotIds: ["snap-0123456789abcdef0"],
  tljh: "2.0.0",
  lab: "4.6.6",
  packages: 9,
  usedGiB: 3.5,
};

describe("what npm run bake is asked", () => {
  it("is to make, list or remove", () => {
    assert.deepEqual(parseBakeArguments([]), { do: "make" });
    assert.deepEqual(parseBakeArguments(["list", "--json", "-s", "w"]), {
      stack: "w",
      do: "list",
      json: true,
    });
    assert.deepEqual(parseBakeArguments(["remove", IMAGE.id]), { do: "remove", id: IMAGE.id });
  });

  for (const [words, error] of [
    [["lst"], /does not know the word lst[^]*bake -- list/],
    [["remove"], /Which image is not said[^]*bake -- list/],
    [["remove", "snap-0123abcd"], /no id of an image/],
    [["remove", IMAGE.id, IMAGE.id], /words too many/],
    [["list", "all"], /words too many/],
    [["--json"], /--json belongs to list/],
    [["--stak=w"], /--stak cannot be used so[^]*--stack/],
  ] as const) {
    it(`is not ${words.join(" ") || "nothing"}`, () => {
      assert.throws(() => parseBakeArguments(words), error);
    });
  }
});

describe("what npm run bake prints", () => {
  it("has what an image is made of and costs, by what is in it", () => {
    const [, line = ""] = imagesText([IMAGE], 0.05).split("\n");
    for (const word of [IMAGE.id, IMAGE.name, "3.5 GiB", "0.18 USD", "2.0.0", "4.6.6"]) {
      assert.ok(line.includes(word), line);
    }
  });

  it("shows an image that is not ready as such, and no price where none is known", () => {
    const [, line = ""] = imagesText([{ ...IMAGE, state: "pending" }]).split("\n");
    assert.match(line, /pending +–/);
  });

  it("has the commands that start a stack from it, in its region and with a disk that is large enough", () => {
    const text = bakedText(IMAGE.id, IMAGE, 20, { region: "eu-central-1", stack: "w" }, 0.05);
    assert.match(text, /config set aws:region eu-central-1 --stack NAME/);
    assert.match(text, /config set amiId ami-0123456789abcdef0 --stack NAME/);
    assert.match(text, /config set diskGiB 20 --stack NAME/);
    assert.match(text, /bake -- remove ami-0123456789abcdef0 --stack w/);
  });
});

describe("an image in AWS", () => {
  it("has a name that AWS takes, however long the stack's is", () => {
    const name = imageName("w".repeat(200), new Date("2026-11-26T01:49:01Z"));
    assert.match(name, /^[\w-]{3,128}$/);
    assert.ok(name.endsWith("-image-20261126-014901"));
  });

  it("is tagged as the project's, the stack's, and as no backup", () => {
    const { Tags = [] } = imageTags("w", "snapshot", "n");
    const tags = Object.fromEntries(Tags.map(({ Key = "", Value }) => [Key, Value]));
    assert.deepEqual(tags, {
      project: "tljh-workshop",
      stack: "w",
      Name: "n",
      "made-for": "image",
    });
  });
});

describe("what must be in no image", () => {
  const key = (line: string) =>
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "A".repeat(70), line.repeat(70), "-----END", ""].join(
      "\n",
    );

  it("is each secret of the configuration and of the outputs, and nothing that everybody sees", () => {
    const config = {
      "w:gitToken": { value: "github_pat_1234567890", secret: true },
      "w:domain": { value: "jupyter.example.org" },
    };
    const shown = { url: "http://jupyter.example.org", passwords: { maria: "kelp-basin-42" } };
    const hidden = { ...shown, passwords: "[secret]" };
    assert.deepEqual(secretsOf(config, shown, hidden), ["github_pat_1234567890", "kelp-basin-42"]);
  });

  it("is a key by its own lines, and not by what all keys begin with", () => {
    assert.deepEqual(secretsOf({}, { k: key("b") }, {}), ["b".repeat(70)]);
  });

  it("is no text so short that it is a word as well", () => {
    assert.deepEqual(secretsOf({ k: { value: "geology", secret: true } }, {}, {}), []);
  });
});
