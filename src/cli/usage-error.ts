/** What was typed makes no sense. One line that names the remedy; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
