/** Everything the command stand-in offers, by token. */

import type { Plugin } from "../base";
import { remoteCommand } from "./remoteCommand";

export const plugin: Plugin = {
  name: "command",
  version: "1.2.1",
  resources: { "command:remote:Command": remoteCommand() },
  functions: {},
};
