/** Milliseconds with one decimal. */
export function inTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** As people read it: `0.4 ms`, `815 ms`. */
export function millisecondsText(ms: number): string {
  return `${ms < 10 ? inTenths(ms) : Math.round(ms)} ms`;
}
