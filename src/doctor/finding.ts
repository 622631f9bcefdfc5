/** The result of one look. */
export interface DoctorFinding {
  /** What was looked at: `port 8080`, `service catalog`. */
  readonly subject: string;
  /** `warning` works, and may not for long; `failed` does not work; `unknown` could not be looked at here. */
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly detail: string;
  /** What to do. */
  readonly remedy?: string;
}

/** The message of what was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (error instanceof Error && error.message) || code || String(error);
}
