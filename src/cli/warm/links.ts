/** The pages in a sitemap, and the sitemaps in a sitemap index (sitemaps.org, 0.9). */
export function locations(xml: string): { readonly pages: readonly string[]; readonly sitemaps: readonly string[] } {
  const found = [...xml.matchAll(/<loc>\s*(?:<!\[CDATA\[)?([^<\]]*?)(?:\]\]>)?\s*<\/loc>/gi)].map(([, url = '']) =>
    unescaped(url),
  );
  return /<sitemapindex[\s>]/i.test(xml) ? { pages: [], sitemaps: found } : { pages: found, sitemaps: [] };
}

/** The link targets of a page, as written. */
export function linksOf(html: string): readonly string[] {
  const withoutCode = html.replaceAll(/<!--[\s\S]*?-->|<(script|style|template)\b[\s\S]*?<\/\1\s*>/gi, '');
  return [...withoutCode.matchAll(/<a\s(?:[^>"']|"[^"]*"|'[^']*')*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi)]
    .map(([, double, single, bare]) => unescaped(double ?? single ?? bare ?? ''))
    .filter(href => href !== '');
}

/** The path and query of a reference in a page; undefined for another origin, and for other schemes. */
export function pathOf(reference: string, origin: string, from: string): string | undefined {
  const url = URL.parse(reference, `${origin}${from}`);
  if (url === null || url.origin !== URL.parse(origin)?.origin) return undefined;
  return `${url.pathname}${url.search}`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };

function unescaped(text: string): string {
  return text.trim().replaceAll(/&(amp|lt|gt|quot|apos|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
