/** Buckets grow by a tenth, from half a millisecond to a quarter of an hour. */
const GROWTH = Math.log(1.1);
const MIN_MS = 0.5;
const BUCKETS = 150;
/** After this number of samples earlier ones count half. */
const GENERATION = 1_000;
/** Fewer samples give no percentile. */
const ENOUGH = 50;

/** The recent times to a service's response headers: percentiles accurate to a tenth. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #sinceHalved = 0;

  add(headersMs: number): void {
    const bucket = Math.floor(Math.log(Math.max(headersMs, MIN_MS) / MIN_MS) / GROWTH);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total++;
    if (++this.#sinceHalved >= GENERATION) this.#halve();
  }

  /** The percentile of the times to response headers, in milliseconds; undefined with too few samples. */
  within(share: number): number | undefined {
    if (this.#total < ENOUGH) return undefined;
    let left = share * this.#total;
    for (let at = 0; at < BUCKETS; at++) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return MIN_MS * Math.exp((at + 1) * GROWTH);
    }
    return undefined;
  }

  #halve(): void {
    this.#sinceHalved = 0;
    this.#total = 0;
    for (let at = 0; at < BUCKETS; at++) {
      const half = (this.#counts[at] ?? 0) / 2;
      this.#counts[at] = half;
      this.#total += half;
    }
  }
}
