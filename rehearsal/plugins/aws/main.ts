/**
 * The rehearsal's stand-in for the plugin of @pulumi/aws 7.48.0: the resource types and look-ups
 * that this project uses, against an endpoint that speaks the EC2 API. It refuses to be configured
 * without `endpoints`, so it can never touch a real account.
 */

import { serve } from "../base";
import { Session } from "./client";
import { plugin } from "./plugin";

serve(plugin(new Session()));
