import { DEFAULTS } from '../../config/defaults.ts';
import type { Gateway } from '../../gateway.ts';
import type { RequestedPages } from './page-crawler.ts';

/** The pages that a project's routes list. */
export function requestedBy({ routes }: Gateway): RequestedPages {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  const crawls: string[] = [];
  let max = 0;
  for (const { route } of routes) {
    const keepForever = route.definition.cache === false ? undefined : route.definition.cache?.keepForever;
    if (typeof keepForever !== 'object') continue;
    pages.push(...(keepForever.pages ?? []));
    if (keepForever.sitemap !== undefined) sitemaps.push(keepForever.sitemap);
    if (keepForever.crawl !== undefined) crawls.push(keepForever.crawl);
    if (keepForever.sitemap !== undefined || keepForever.crawl !== undefined)
      max += keepForever.max ?? DEFAULTS.cache.keepForever.max;
  }
  return { pages, sitemaps, crawls, max };
}
