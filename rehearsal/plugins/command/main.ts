/**
 * The rehearsal's stand-in for the plugin of @pulumi/command 1.2.1: remote.Command over real SSH.
 */

import { serve } from "../base";
import { plugin } from "./plugin";

serve(plugin);
