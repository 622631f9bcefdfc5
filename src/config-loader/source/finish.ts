import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from 'acorn';
import { drawCodeFrame, type Marked } from '../code-frame.ts';
import type { Position, Problem } from '../problem.ts';
import type { Mark, ProblemDraft } from '../problem-draft.ts';
import { locate } from './locate.ts';
import { parseText } from './parse.ts';

interface SourceText {
  readonly path: string;
  readonly lines: readonly string[];
  readonly program: Program | undefined;
}

/** Adds the lines to the problems, reading each file once, and sorts them by file and line. */
export async function finish(root: string, drafts: readonly ProblemDraft[]): Promise<readonly Problem[]> {
  const files = new Set(drafts.flatMap(({ marks }) => marks.map(({ file }) => file)));
  const sources = new Map<string, SourceText>();
  await Promise.all([...files].map(async file => sources.set(file, await read(root, file))));
  const found = drafts.map(draft => ({ once: draft.once, problem: problemOf(draft, sources) }));
  const reported = new Map<string, Problem>();
  for (const { once, problem } of found.sort((a, b) => byPlace(a.problem, b.problem))) {
    // A module that many routes import fails in each of them for the same reason.
    const key = once ? `${problem.code} ${problem.message}` : JSON.stringify(problem);
    if (!reported.has(key)) reported.set(key, problem);
  }
  return [...reported.values()];
}

function problemOf({ code, marks, message, remedy }: ProblemDraft, sources: ReadonlyMap<string, SourceText>): Problem {
  const [first, ...others] = marks.map(mark => place(mark, sources.get(mark.file)));
  const marked = first === undefined ? [] : [first, ...others];
  return {
    code,
    file: first?.file ?? '',
    line: first?.line ?? 1,
    column: first?.column ?? 1,
    message,
    remedy,
    frame: drawCodeFrame(marked),
    related: others.map(({ file, line, column }): Position => ({ file, line, column })),
  };
}

function place({ file, spot, note }: Mark, source: SourceText | undefined): Marked {
  const start = { file, line: 1, column: 1, note };
  if (spot.in === 'name') {
    const at = file.lastIndexOf(spot.part);
    return { ...start, underline: Math.max(at, 0) + 1, length: at < 0 ? 0 : spot.part.length, text: undefined };
  }
  if (spot.in === 'file' || source === undefined) return { ...start, underline: 1, length: 0, text: undefined };
  const found = spot.in === 'text' ? spot : rangeOf(source, spot);
  const text = source.lines[found.line - 1] ?? '';
  return { file, note, text, line: found.line, column: found.column, underline: found.column, length: found.length };
}

type FinishedText = Parameters<typeof locate>[0];

/** The range of a node on its first line. */
function rangeOf(
  { path, lines, program }: SourceText,
  spot: FinishedText,
): { line: number; column: number; length: number } {
  const loc = program === undefined ? undefined : locate(spot, path, program)?.loc;
  if (!loc) return { line: 1, column: 1, length: lines[0]?.trimEnd().length ?? 0 };
  const { start, end } = loc;
  const stop = end.line === start.line ? end.column : (lines[start.line - 1] ?? '').trimEnd().length;
  return { line: start.line, column: start.column + 1, length: stop - start.column };
}

async function read(root: string, file: string): Promise<SourceText> {
  const path = join(root, file);
  const text = await readFile(path, 'utf8').catch(() => '');
  return { path, lines: text.split(/\r?\n/), program: parseText(file, text) };
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : Number(a.code > b.code));
}
