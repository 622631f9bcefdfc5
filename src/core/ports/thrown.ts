/** One error of a chain of causes, for developers. */
export interface ThrownError {
  /** Its name and message: `TypeError: c.user is undefined`. */
  readonly message: string;
  /** The position in a file of the project: `routes/a.ts:4:9`; undefined if none is on the stack. */
  readonly at?: string;
  /** That line with the position underlined, ready to print. */
  readonly frame?: string;
}

/** Describes an error and its causes, outermost first. Reads files, so it is used only in `dev`. */
export type DescribeThrown = (thrown: unknown) => readonly ThrownError[];
