import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { table } from './page.ts';

const ROW = /^\| (\d{3}) \| .*\]\(\S+\) \| (\S+) \| (.+?) \|$/gm;

/** The index of the decisions: titles from the pages, date and status from the existing index. */
export async function decisionTable(root: string): Promise<string> {
  const dir = join(root, 'docs', 'decisions');
  const index = await readFile(join(dir, 'README.md'), 'utf8');
  const known = new Map(
    [...index.matchAll(ROW)].map(([, number = '', date = '', status = '']) => [number, { date, status }]),
  );
  const files = (await readdir(dir)).filter(file => /^\d{3}-.*\.md$/.test(file)).toSorted();
  const today = new Date().toISOString().slice(0, 10);
  const rows = files.map(async file => {
    const [, number = '', title = ''] = /^# (\d{3}): (.+)$/m.exec(await readFile(join(dir, file), 'utf8')) ?? [];
    const { date, status } = known.get(number) ?? { date: today, status: 'accepted' };
    return [number, `[${title}](${file})`, date, status];
  });
  return table(['number', 'title', 'date', 'status'], await Promise.all(rows));
}
