import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELP_TEXT } from '../src/cli/help.ts';
import { decisionTable } from './reference/decisions.ts';
import { failureTable, problemTable } from './reference/errors.ts';
import { logFieldTable, metricTable } from './reference/metrics.ts';
import { optionTable, programOptions, readOptions, strippedHeaders } from './reference/options.ts';
import { withRegions } from './reference/page.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The generated regions by page. Their content comes from the code. */
async function regions(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const options = [...(await readOptions(ROOT))].map(([region, rows]) => [region, optionTable(rows)] as const);
  const configuration = new Map([
    ...options,
    ['stripped-headers', strippedHeaders()],
    ['program-options', await programOptions(ROOT)],
  ]);
  return new Map([
    ['docs/configuration.md', configuration],
    ['docs/cli.md', new Map([['help', `\`\`\`text\n${HELP_TEXT.trimEnd()}\n\`\`\``]])],
    [
      'docs/errors.md',
      new Map([
        ['problems', problemTable()],
        ['failures', await failureTable(ROOT)],
      ]),
    ],
    ['docs/decisions/README.md', new Map([['decisions', await decisionTable(ROOT)]])],
    [
      'docs/metrics.md',
      new Map([
        ['metrics', await metricTable()],
        ['log-fields', await logFieldTable(ROOT)],
      ]),
    ],
  ]);
}

/** The generated pages by path. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const [page, content] of await regions()) {
    pages.set(page, withRegions(await readFile(join(ROOT, page), 'utf8'), content));
  }
  return pages;
}

if (import.meta.main) {
  for (const [page, text] of await referencePages()) await writeFile(join(ROOT, page), text);
}
