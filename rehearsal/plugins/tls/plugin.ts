/** Everything the tls stand-in offers, by token. */

import type { Plugin } from "../base";
import { getPublicKey } from "./getPublicKey";
import { privateKey } from "./privateKey";

export const plugin: Plugin = {
  name: "tls",
  version: "5.6.1",
  resources: { "tls:index/privateKey:PrivateKey": privateKey },
  functions: { "tls:index/getPublicKey:getPublicKey": getPublicKey },
};
