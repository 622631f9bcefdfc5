import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow } from '../support/files-below.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PAGES_AT_THE_TOP = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

export interface Page {
  /** Relative to the root: `docs/routes.md`. */
  readonly path: string;
  readonly text: string;
}

/** A code block of a page. */
export interface Block {
  readonly language: string;
  /** Its path in the page's project, if its first line names one; JSON has no comments, so the text before it does. */
  readonly file: string | undefined;
  readonly text: string;
}

/** Every published page, in the repository or in the folder of an installed package. */
export async function readPages(root: string): Promise<readonly Page[]> {
  const below = (await filesBelow(join(root, 'docs'))).filter(
    file => file.endsWith('.md') && !file.startsWith('.vitepress/'),
  );
  const paths = [...PAGES_AT_THE_TOP, ...below.map(file => `docs/${file}`)];
  return Promise.all(paths.map(async path => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
const FILE_LINE = /^(?:\/\/ (\S+)|<!-- (\S+) -->)\n/;
const JSON_NAMED_BEFORE = /`([^`\s]+\.json)`:\n\n$/;

export function blocksIn({ text }: Page): readonly Block[] {
  return [...text.matchAll(FENCE)].map(({ 1: language = '', 2: code = '', index }) => {
    const [line = '', slashes, comment] = FILE_LINE.exec(code) ?? [];
    const named = language === 'json' ? JSON_NAMED_BEFORE.exec(text.slice(0, index))?.[1] : undefined;
    return { language, file: slashes ?? comment ?? named, text: code.slice(line.length) };
  });
}

/** A page without its code blocks and code spans. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(FENCE, '').replaceAll(/`[^`\n]*`/g, '``');
}
