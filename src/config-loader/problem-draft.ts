import type { Code } from './problem-codes.ts';

/** A service in a file; if two have the same name, the name of the export distinguishes them. */
export interface NamedService {
  readonly name: string;
  readonly exported?: string | undefined;
}

/** The position of a mistake in a form without cost: lines and columns are computed only for a report. */
export type Spot =
  /** A text within the file name. */
  | { readonly in: 'name'; readonly part: string }
  /** The whole file. */
  | { readonly in: 'file' }
  /** An option of the definition; `of` names the service if the file defines several. */
  | {
      readonly in: 'definition';
      readonly path: readonly string[];
      readonly on: 'key' | 'value';
      readonly of?: NamedService | undefined;
    }
  /** The path before the definition: `defineRoute('/a', ...)`. */
  | { readonly in: 'path' }
  /** The default export of the file. */
  | { readonly in: 'default' }
  /** An import, or one of its names. */
  | { readonly in: 'import'; readonly from: string; readonly name?: string | undefined }
  /** The nth definition of a service. */
  | { readonly in: 'service'; readonly name: string; readonly nth: number }
  /** A named export. */
  | { readonly in: 'export'; readonly name: string }
  /** A position that Node reported. */
  | { readonly in: 'text'; readonly line: number; readonly column: number; readonly length: number };

export interface Mark {
  /** Relative to the project's folder, with forward slashes. */
  readonly file: string;
  readonly spot: Spot;
  readonly note?: string | undefined;
}

/** A problem without line numbers, which are computed later. */
export interface ProblemDraft {
  readonly code: Code;
  /** The first mark is the position of the problem; others are related. */
  readonly marks: readonly [Mark, ...Mark[]];
  readonly message: string;
  readonly remedy: string;
  /** The problem is the same for every file, so it is reported at the first one only. */
  readonly once?: true;
}

/** A mark on an option: on its name or on its value. */
export function option(file: string, path: readonly string[], on: 'key' | 'value' = 'value', of?: NamedService): Mark {
  return { file, spot: { in: 'definition', path, on, of } };
}
