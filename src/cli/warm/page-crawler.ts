import { parseList } from 'structured-headers';
import { linksOf, locations, pathOf } from './links.ts';
import type { PageResponse } from './loopback-client.ts';

/** The result of one page. */
export interface PageOutcome {
  readonly path: string;
  /** `kept`: stored and current. `stale`: an old response replaces a failed one. `lost`: nothing can be served. */
  readonly kind: 'kept' | 'stale' | 'lost' | 'not kept';
  /** The status and the result of the cache. */
  readonly said: string;
}

/** The requested pages. */
export interface RequestedPages {
  readonly pages: readonly string[];
  readonly sitemaps: readonly string[];
  readonly crawls: readonly string[];
  /** Maximum of found pages, not counting listed ones. */
  readonly max: number;
}

export interface PageCrawlerOptions {
  readonly origin: string;
  /** Maximum of concurrent fetches. */
  readonly atOnce: number;
  request(path: string): Promise<PageResponse>;
  /** Called after each page with the number of finished and of known pages. */
  progress(done: number, known: number, path: string): void;
}

const MAX_SITEMAPS = 50;

/** One run over all requested pages. */
export class PageCrawler {
  readonly #options: PageCrawlerOptions;
  readonly #wanted: RequestedPages;
  /** Listed or found. */
  readonly #known = new Set<string>();
  /** Pages found by a link only. */
  readonly #linked = new Set<string>();
  /** Pages whose links are followed. */
  readonly #crawled = new Set<string>();
  readonly #queue: string[] = [];
  readonly #outcomes: PageOutcome[] = [];
  #found = 0;
  #running = 0;
  #visited = 0;

  constructor(wanted: RequestedPages, options: PageCrawlerOptions) {
    this.#wanted = wanted;
    this.#options = options;
  }

  async run(): Promise<readonly PageOutcome[]> {
    for (const page of this.#wanted.pages) this.#add(page);
    for (const start of this.#wanted.crawls) {
      this.#crawled.add(start);
      this.#add(start);
    }
    await this.#readSitemaps();
    await new Promise<void>(resolve => this.#work(resolve));
    return this.#outcomes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  #add(path: string): void {
    if (this.#known.has(path)) return;
    this.#known.add(path);
    this.#queue.push(path);
  }

  /** @returns whether it is new. */
  #addFound(path: string | undefined): boolean {
    if (path === undefined || this.#known.has(path) || this.#found >= this.#wanted.max) return false;
    this.#found++;
    this.#add(path);
    return true;
  }

  async #readSitemaps(): Promise<void> {
    const sitemaps = [...this.#wanted.sitemaps];
    for (let i = 0; i < Math.min(sitemaps.length, MAX_SITEMAPS); i++) {
      const sitemap = sitemaps[i] ?? '';
      const response = await this.#fetch(sitemap);
      if (typeof response === 'string' || response.status !== 200) {
        const said = typeof response === 'string' ? response : `${response.status}`;
        this.#outcomes.push({ path: sitemap, kind: 'lost', said });
        continue;
      }
      const { pages, sitemaps: others } = locations(response.body);
      for (const page of pages) this.#addFound(pathOf(page, this.#options.origin, sitemap));
      for (const other of others) {
        const path = pathOf(other, this.#options.origin, sitemap);
        if (path !== undefined && !sitemaps.includes(path)) sitemaps.push(path);
      }
    }
  }

  /** Fetches as many pages at once as allowed; a page may add more. */
  #work(done: () => void): void {
    while (this.#running < this.#options.atOnce) {
      const path = this.#queue.shift();
      if (path === undefined) break;
      this.#running++;
      void this.#visit(path).then(() => {
        this.#running--;
        this.#work(done);
      });
    }
    if (this.#running === 0) done();
  }

  async #visit(path: string): Promise<void> {
    const response = await this.#fetch(path);
    if (typeof response === 'string') this.#outcomes.push({ path, kind: 'lost', said: response });
    else {
      // A link may lead anywhere; only listed pages have to be storable.
      if (!this.#linked.has(path) || response.cacheStatus !== undefined) this.#outcomes.push(outcomeOf(path, response));
      if (this.#crawled.has(path) && response.status === 200 && response.type.startsWith('text/html'))
        this.#follow(path, response.body);
    }
    this.#visited++;
    this.#options.progress(this.#visited, this.#known.size, path);
  }

  #follow(from: string, html: string): void {
    for (const link of linksOf(html)) {
      const path = pathOf(link, this.#options.origin, from);
      if (path === undefined || !this.#addFound(path)) continue;
      this.#linked.add(path);
      this.#crawled.add(path);
    }
  }

  async #fetch(path: string): Promise<PageResponse | string> {
    try {
      return await this.#options.request(path);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function outcomeOf(path: string, { status, cacheStatus }: PageResponse): PageOutcome {
  const said = `${status} ${cacheStatus ?? 'no cache'}`;
  const did = cacheDid(cacheStatus);
  const isStale = did.get('fwd')?.toString() === 'stale' || (did.has('hit') && Number(did.get('ttl')) < 0);
  if (status >= 500) return { path, kind: 'lost', said };
  if (did.has('stored') || (did.has('hit') && !isStale)) return { path, kind: 'kept', said };
  return { path, kind: isStale ? 'stale' : 'not kept', said };
}

/** The result of the last cache, which is this gateway's (RFC 9211). */
function cacheDid(cacheStatus: string | undefined): ReadonlyMap<string, unknown> {
  return cacheStatus === undefined ? new Map() : (parseList(cacheStatus).at(-1)?.[1] ?? new Map());
}
