/** aws.ec2.KeyPair. */

import {
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  ImportKeyPairCommand,
} from "@aws-sdk/client-ec2";
import { textOf } from "./arguments";
import { found } from "./errors";
import type { Definition } from "./resource";
import { fromList, tagSpecifications, type Tags } from "./tags";

export const keyPair: Definition = {
  label: "EC2 Key Pair",
  arguments: {
    keyName: { replaces: true, computed: true },
    publicKey: { required: true, replaces: true, canonical: (value) => String(value).trim() },
  },
  attributes: ["arn", "fingerprint", "keyPairId", "keyType"],
  autoname: "keyName",
  tagTarget: (state) => textOf(state, "keyPairId"),

  async create(inputs, { ec2 }) {
    const { KeyName } = await ec2.send(
      new ImportKeyPairCommand({
        KeyName: textOf(inputs, "keyName"),
        PublicKeyMaterial: new TextEncoder().encode(textOf(inputs, "publicKey").trim()),
        TagSpecifications: tagSpecifications("key-pair", inputs["tagsAll"] as Tags),
      }),
    );
    return KeyName ?? "";
  },

  async look(id, inputs, { ec2, region }) {
    const importing = inputs["publicKey"] === undefined;
    const answer = await found(
      ec2.send(new DescribeKeyPairsCommand({ KeyNames: [id], IncludePublicKey: importing })),
    );
    const live = answer?.KeyPairs?.[0];
    if (live === undefined) return undefined;
    return {
      arn: `arn:aws:ec2:${region}::key-pair/${id}`,
      fingerprint: live.KeyFingerprint,
      keyName: live.KeyName,
      keyPairId: live.KeyPairId,
      keyType: live.KeyType,
      ...(importing ? { publicKey: live.PublicKey } : {}),
      tagsAll: fromList(live.Tags),
    };
  },

  async remove(id, _state, { ec2 }) {
    await ec2.send(new DeleteKeyPairCommand({ KeyName: id }));
  },
};
