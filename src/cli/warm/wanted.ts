import { DEFAULTS } from '../../define/defaults.ts';
import type { Gateway } from '../../gateway.ts';
import type { Wanted } from './round.ts';

/** The pages that a project's routes want to have kept. */
export function wantedBy({ routes }: Gateway): Wanted {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  const crawls: string[] = [];
  let most = 0;
  for (const { route } of routes) {
    const staticise = route.definition.cache === false ? undefined : route.definition.cache?.staticise;
    if (typeof staticise !== 'object') continue;
    pages.push(...(staticise.pages ?? []));
    if (staticise.sitemap !== undefined) sitemaps.push(staticise.sitemap);
    if (staticise.crawl !== undefined) crawls.push(staticise.crawl);
    if (staticise.sitemap !== undefined || staticise.crawl !== undefined)
      most += staticise.most ?? DEFAULTS.cache.staticise.most;
  }
  return { pages, sitemaps, crawls, most };
}
