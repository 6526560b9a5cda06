/** Ctrl-C, and what else ends a command politely. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
