/** Records that tests and people set by hand, laid over those of Route 53. */

import { plainName, type RecordSet, type Zone } from "./records";

/** A name, and one type of its records. Default: all types. */
export interface Which {
  name: string;
  type?: string;
}

function isMeant({ name, type }: Which, record: RecordSet): boolean {
  return plainName(name) === record.name && (type === undefined || type === record.type);
}

export class ByHand {
  private records: RecordSet[] = [];
  private hidden: Which[] = [];

  /** In place of all records of that name and type, Route 53's too. */
  set({ name, type, values, ttl = 60 }: Which & { values: string[]; ttl?: number }): void {
    if (type === undefined || values.length === 0) throw new Error("a record has type and values");
    this.remove({ name, type });
    this.records.push({ name: plainName(name), type, ttl, values });
  }

  /** Takes back `set` and `hide`. */
  remove(which: Which): void {
    this.records = this.records.filter((record) => !isMeant(which, record));
    this.hidden = this.hidden.filter(
      ({ name, type }) =>
        plainName(name) !== plainName(which.name) ||
        (which.type !== undefined && which.type !== type),
    );
  }

  /** As if there was none, whoever set it. */
  hide(which: Which): void {
    this.remove(which);
    this.hidden.push(which);
  }

  clear(): void {
    this.records = [];
    this.hidden = [];
  }

  /** What the DNS has when Route 53 has these. */
  over(zones: readonly Zone[]): Zone[] {
    const isLeft = (record: RecordSet): boolean =>
      ![...this.hidden, ...this.records].some((which) => isMeant(which, record));
    const left = zones.map(({ name, records }) => ({ name, records: records.filter(isLeft) }));
    return [...left, { name: "", records: this.records }];
  }
}
