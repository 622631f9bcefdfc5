import type { Code } from './problem-codes.ts';

/** A service in a file; where two have one name, the name of the export distinguishes them. */
export interface NamedService {
  readonly name: string;
  readonly exported?: string | undefined;
}

/**
 * Where a mistake is, in words that cost nothing: lines and columns are looked up only when there is something to
 * report.
 */
export type Spot =
  /** A text within the file's own name. */
  | { readonly in: 'name'; readonly part: string }
  /** The file as a whole. */
  | { readonly in: 'file' }
  /** An option of what the file defines; `of` names the service where the file defines several. */
  | {
      readonly in: 'definition';
      readonly path: readonly string[];
      readonly on: 'key' | 'value';
      readonly of?: NamedService | undefined;
    }
  /** The path before the definition: `defineRoute('/a', ...)`. */
  | { readonly in: 'path' }
  /** What the file exports by default. */
  | { readonly in: 'default' }
  /** An import, or one name of it. */
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

/** A problem without its lines, which are looked up later. */
export interface ProblemDraft {
  readonly code: Code;
  /** The first is where the problem is; others belong to it. */
  readonly marks: readonly [Mark, ...Mark[]];
  readonly message: string;
  readonly remedy: string;
  /** Every file with the mistake has the same one: it is reported at the first of them. */
  readonly once?: true;
}

/** A mark on an option: on its name, or on what it says. */
export function option(file: string, path: readonly string[], on: 'key' | 'value' = 'value', of?: NamedService): Mark {
  return { file, spot: { in: 'definition', path, on, of } };
}
