/** A table cell: pipes and raw HTML would break the page. */
export function cell(text: string): string {
  // Inside code spans a backslash is text, except before a pipe.
  return text
    .split(/(`[^`]*`)/)
    .map((piece, i) => (i % 2 === 1 ? piece : piece.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('')
    .replaceAll('|', '\\|');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

const REGION = /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end of generated -->)/g;

/**
 * Replaces the generated regions of a page.
 * @throws Error for a region without generated text, and for generated text without a region.
 */
export function withRegions(page: string, regions: ReadonlyMap<string, string>): string {
  const missing = new Set(regions.keys());
  const text = page.replaceAll(REGION, (_whole, start: string, name: string, end: string) => {
    const region = regions.get(name);
    if (region === undefined) throw new Error(`nothing generates the region "${name}"`);
    missing.delete(name);
    return `${start}\n${region}\n\n${end}`;
  });
  if (missing.size > 0) throw new Error(`the page lacks the regions ${[...missing].join(', ')}`);
  return text;
}
