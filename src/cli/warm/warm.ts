import { createGateway } from '../../gateway.ts';
import { columns } from '../columns.ts';
import type { WarmCommand } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { LoopbackClient } from './loopback-client.ts';
import { PageCrawler, type PageOutcome } from './page-crawler.ts';
import { ProgressBar } from './progress.ts';
import { requestedBy } from './requested-pages.ts';

/** Concurrent fetches, limited because backends serve their users meanwhile. */
const AT_ONCE = 4;

/**
 * `portico warm`: fetches the listed pages into the store on disk, which every process of the gateway shares. Exit code
 * 1 if a page cannot be served at all.
 */
export async function warm({ dir, json, origin }: WarmCommand, terminal: Terminal): Promise<number> {
  const gateway = await createGateway({ dir });
  try {
    const wanted = requestedBy(gateway);
    if (wanted.pages.length + wanted.sitemaps.length + wanted.crawls.length === 0) {
      terminal.error('portico: no route names pages to keep; write cache: { keepForever: { pages: [...] } } in one');
      return 1;
    }
    if (!gateway.keepsOnDisk) {
      terminal.error(
        "portico: there is no disk to keep pages on; write cache: { disk: '.portico/cache.db' } in portico.config.ts",
      );
      return 1;
    }
    const listen = await LoopbackClient.open(gateway, origin);
    const bar = new ProgressBar(process.stderr);
    const options = {
      origin: origin.origin,
      atOnce: AT_ONCE,
      request: (path: string) => listen.request(path),
      progress: bar.show.bind(bar),
    };
    const outcomes = await new PageCrawler(wanted, options).run();
    bar.clear();
    await listen.close();
    report(outcomes, json, terminal);
    return outcomes.some(({ kind }) => kind === 'lost') ? 1 : 0;
  } finally {
    await gateway.close({ graceMs: 0 });
  }
}

const WORDS: Readonly<Record<PageOutcome['kind'], string>> = {
  kept: 'kept',
  stale: 'old, stands in',
  'not kept': 'not kept',
  lost: 'cannot be served',
};

function report(outcomes: readonly PageOutcome[], json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify({ pages: outcomes }, null, 2));
    return;
  }
  const kept = outcomes.filter(({ kind }) => kind === 'kept').length;
  const others = outcomes.filter(({ kind }) => kind !== 'kept');
  for (const line of columns(others.map(({ path, kind, said }) => [WORDS[kind], path, said]))) terminal.out(line);
  terminal.out(`${kept} of ${outcomes.length} pages kept`);
}
