import type { Position } from './problem.ts';

/** A marked range of a file, with a note. */
export interface Marked extends Position {
  /** At least 1. Within the line, or within the file name. */
  readonly underline: number;
  readonly length: number;
  readonly note: string | undefined;
  /** The line of the file; undefined for a mark on the file name. */
  readonly text: string | undefined;
}

const MAX_LINE = 140;

/** Draws the marked lines with numbers and underlines; a new file is announced by its name. */
export function drawCodeFrame(marks: readonly Marked[]): string {
  const width = Math.max(...marks.map(({ line }) => String(line).length));
  let file = marks[0]?.file;
  // The problem's own file first, each file from top to bottom.
  const files = [...new Set(marks.map(mark => mark.file))];
  const ordered = marks.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
  const lines = ordered.flatMap(mark => {
    const heading =
      mark.file === file || mark.text === undefined ? [] : [`   ${mark.file}:${mark.line}:${mark.column}`];
    file = mark.file;
    return [...heading, ...(mark.text === undefined ? drawName(mark) : drawLine(mark, mark.text, width))];
  });
  return lines.join('\n');
}

function drawLine(mark: Marked, text: string, width: number): readonly string[] {
  const number = String(mark.line).padStart(width);
  const note = mark.note === undefined ? '' : `  ${mark.note}`;
  const shown = text.replaceAll('\t', ' ').trimEnd();
  const length = Math.max(1, Math.min(mark.length, shown.length - mark.underline + 1));
  return [
    `   ${number} │ ${shown.length > MAX_LINE ? `${shown.slice(0, MAX_LINE)}…` : shown}`.trimEnd(),
    `   ${' '.repeat(width)} │ ${' '.repeat(mark.underline - 1)}${'─'.repeat(length)}${note}`,
  ];
}

function drawName(mark: Marked): readonly string[] {
  const note = mark.note === undefined ? '' : `  ${mark.note}`;
  if (mark.length === 0) return [`   ${mark.file}${note}`];
  return [`   ${mark.file}`, `   ${' '.repeat(mark.underline - 1)}${'─'.repeat(mark.length)}${note}`];
}
