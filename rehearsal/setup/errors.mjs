/**
 * A part of the tool chain cannot be had. The message has the house's one shape: what is wrong,
 * what was received, what is allowed, the command that mends it.
 */
export class SetupError extends Error {
  /**
   * @param {{ wrong: string, received?: string, allowed?: string, mend: string }} parts
   */
  constructor({ wrong, received, allowed, mend }) {
    super(
      [
        `Set-up: ${wrong}`,
        received && `  received: ${received}`,
        allowed && `  allowed:  ${allowed}`,
        `  to mend:  ${mend}`,
      ]
        .filter(Boolean)
        .join("\n"),
    );
    this.name = "SetupError";
  }
}
