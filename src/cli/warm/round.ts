import { parseList } from 'structured-headers';
import { linksOf, locations, pathOf } from './links.ts';
import type { PageAnswer } from './own-door.ts';

/** What became of one page. */
export interface PageOutcome {
  readonly path: string;
  /** `kept`: stored and as its backend has it. `stale`: an old answer stands in for a backend that failed. `lost`: nothing can be served. */
  readonly kind: 'kept' | 'stale' | 'lost' | 'not kept';
  /** The status, and what the cache said. */
  readonly said: string;
}

/** Which pages are wanted. */
export interface Wanted {
  readonly pages: readonly string[];
  readonly sitemaps: readonly string[];
  readonly crawls: readonly string[];
  /** Of those that are found, not those that are named. */
  readonly most: number;
}

export interface RoundOptions {
  readonly origin: string;
  /** How many pages are asked for at once. */
  readonly atOnce: number;
  ask(path: string): Promise<PageAnswer>;
  /** Called after each page, with how many are done and how many are known of. */
  progress(done: number, known: number, path: string): void;
}

const MOST_SITEMAPS = 50;

/** One round through all the pages that are to be kept. */
export class Round {
  readonly #options: RoundOptions;
  readonly #wanted: Wanted;
  /** Named, or found. */
  readonly #known = new Set<string>();
  /** Those that nobody named but a link. */
  readonly #linked = new Set<string>();
  /** Those whose links are followed. */
  readonly #crawled = new Set<string>();
  readonly #queue: string[] = [];
  readonly #outcomes: PageOutcome[] = [];
  #found = 0;
  #running = 0;
  #visited = 0;

  constructor(wanted: Wanted, options: RoundOptions) {
    this.#wanted = wanted;
    this.#options = options;
  }

  async run(): Promise<readonly PageOutcome[]> {
    for (const page of this.#wanted.pages) this.add(page);
    for (const start of this.#wanted.crawls) {
      this.#crawled.add(start);
      this.add(start);
    }
    await this.readSitemaps();
    await new Promise<void>(resolve => this.work(resolve));
    return this.#outcomes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  private add(path: string): void {
    if (this.#known.has(path)) return;
    this.#known.add(path);
    this.#queue.push(path);
  }

  /** @returns whether it is new. */
  private addFound(path: string | undefined): boolean {
    if (path === undefined || this.#known.has(path) || this.#found >= this.#wanted.most) return false;
    this.#found++;
    this.add(path);
    return true;
  }

  private async readSitemaps(): Promise<void> {
    const sitemaps = [...this.#wanted.sitemaps];
    for (let i = 0; i < Math.min(sitemaps.length, MOST_SITEMAPS); i++) {
      const sitemap = sitemaps[i] ?? '';
      const answer = await this.asked(sitemap);
      if (typeof answer === 'string' || answer.status !== 200) {
        const said = typeof answer === 'string' ? answer : `${answer.status}`;
        this.#outcomes.push({ path: sitemap, kind: 'lost', said });
        continue;
      }
      const { pages, sitemaps: others } = locations(answer.body);
      for (const page of pages) this.addFound(pathOf(page, this.#options.origin, sitemap));
      for (const other of others) {
        const path = pathOf(other, this.#options.origin, sitemap);
        if (path !== undefined && !sitemaps.includes(path)) sitemaps.push(path);
      }
    }
  }

  /** Asks for as many pages at once as it may; one that is read may bring more. */
  private work(done: () => void): void {
    while (this.#running < this.#options.atOnce) {
      const path = this.#queue.shift();
      if (path === undefined) break;
      this.#running++;
      void this.visit(path).then(() => {
        this.#running--;
        this.work(done);
      });
    }
    if (this.#running === 0) done();
  }

  private async visit(path: string): Promise<void> {
    const answer = await this.asked(path);
    if (typeof answer === 'string') this.#outcomes.push({ path, kind: 'lost', said: answer });
    else {
      // A link may lead anywhere; only what is named has to be a page to keep.
      if (!this.#linked.has(path) || answer.cacheStatus !== undefined) this.#outcomes.push(outcomeOf(path, answer));
      if (this.#crawled.has(path) && answer.status === 200 && answer.type.startsWith('text/html'))
        this.follow(path, answer.body);
    }
    this.#visited++;
    this.#options.progress(this.#visited, this.#known.size, path);
  }

  private follow(from: string, html: string): void {
    for (const link of linksOf(html)) {
      const path = pathOf(link, this.#options.origin, from);
      if (path === undefined || !this.addFound(path)) continue;
      this.#linked.add(path);
      this.#crawled.add(path);
    }
  }

  private async asked(path: string): Promise<PageAnswer | string> {
    try {
      return await this.#options.ask(path);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function outcomeOf(path: string, { status, cacheStatus }: PageAnswer): PageOutcome {
  const said = `${status} ${cacheStatus ?? 'no cache'}`;
  const did = cacheDid(cacheStatus);
  const isStale = did.get('fwd')?.toString() === 'stale' || (did.has('hit') && Number(did.get('ttl')) < 0);
  if (status >= 500) return { path, kind: 'lost', said };
  if (did.has('stored') || (did.has('hit') && !isStale)) return { path, kind: 'kept', said };
  return { path, kind: isStale ? 'stale' : 'not kept', said };
}

/** What the last of the caches, which is this gateway's, says it did (RFC 9211). */
function cacheDid(cacheStatus: string | undefined): ReadonlyMap<string, unknown> {
  return cacheStatus === undefined ? new Map() : (parseList(cacheStatus).at(-1)?.[1] ?? new Map());
}
