/** An invalid command line. One line with the remedy; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
