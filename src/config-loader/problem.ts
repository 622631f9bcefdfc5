import { styleText } from 'node:util';
import type { Code } from './problem-codes.ts';

export interface Position {
  /** Relative to the project's folder, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** One mistake in a project's files. */
export interface Problem extends Position {
  readonly code: Code;
  readonly message: string;
  readonly remedy: string;
  /** The source lines, with the mistake underlined; ready to print. */
  readonly frame: string;
  /** Where else the mistake shows. */
  readonly related: readonly Position[];
}

type ReportStyle = Parameters<typeof styleText>[0];

/** All mistakes of a project, found in one run. The message is the report. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly problems: readonly Problem[];
  readonly #routes: number;

  /** @param routes the number of route files that were checked. */
  constructor(problems: readonly Problem[], routes: number) {
    super(render(problems, routes, false));
    this.problems = problems;
    this.#routes = routes;
  }

  /** The report for people: every problem with its lines and remedy. Without colours by default. */
  report(color = false): string {
    return render(this.problems, this.#routes, color);
  }

  /** The report as JSON. */
  toJSON(): { readonly problems: readonly Problem[]; readonly routes: number } {
    return { problems: this.problems, routes: this.#routes };
  }
}

function render(problems: readonly Problem[], routes: number, color: boolean): string {
  const paint = (style: ReportStyle, text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const parts = problems.map(problem => {
    const place = problem.code === 'P102' ? '' : `${paint('cyan', placeOf(problem))}  `;
    const title = ` ${paint(['bold', 'red'], problem.code)}  ${place}${paint('bold', problem.message)}`;
    return [title, problem.frame, `   ${paint('green', `→ ${problem.remedy}`)}`].filter(line => line !== '').join('\n');
  });
  return [...parts, ` ${counted(problems.length, 'problem')} in ${counted(routes, 'route')}`].join('\n');
}

function placeOf({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
