/** The machines' errors, in the project's one shape. */

/** What is wrong, what was received, what is allowed, the command that mends it. */
export interface MachinesErrorParts {
  wrong: string;
  received: string;
  allowed: string;
  mend: string;
}

/** The machines can't be brought in line with what AWS says. */
export class MachinesError extends Error {
  constructor({ wrong, received, allowed, mend }: MachinesErrorParts) {
    super(
      [
        `Machines: ${wrong}`,
        `  received: ${received}`,
        `  allowed:  ${allowed}`,
        `  to mend:  ${mend}`,
      ].join("\n"),
    );
    this.name = "MachinesError";
  }
}
