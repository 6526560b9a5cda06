/**
 * The rehearsal's stand-in for the plugin of @pulumi/tls 5.6.1: the key pairs that this project
 * uses. The keys are real.
 */

import { serve } from "../base";
import { plugin } from "./plugin";

serve(plugin);
