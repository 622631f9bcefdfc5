/** One error of a chain of causes, as a developer reads it. */
export interface ThrownError {
  /** Its name and message: `TypeError: c.user is undefined`. */
  readonly message: string;
  /**
   * Where a file of the project threw it: `routes/a.ts:4:9`; undefined where no file of the project is on its stack.
   */
  readonly at?: string;
  /** That line of the file with the place underlined, ready to print. */
  readonly frame?: string;
}

/** Describes an error and its causes, the outermost first. Reads files: only for `dev`. */
export type DescribeThrown = (thrown: unknown) => readonly ThrownError[];
