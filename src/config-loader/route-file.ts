import type { LoadedDefinition, RouteKind } from '../config/loaded-route.ts';
import type { Route } from '../config/route.ts';
import type { Address } from './address.ts';
import type { ProblemDraft } from './problem-draft.ts';

/** A route file during its checks. */
export interface RouteFile {
  readonly file: string;
  readonly address: Address;
  readonly route: Route;
  /** The one source of the response; undefined if there is none or more than one. */
  readonly kind: RouteKind | undefined;
  /** The file's own options, without invalid ones. */
  readonly written: LoadedDefinition;
  /** Merged with the defaults of its folders. */
  readonly merged: LoadedDefinition;
}

/** A check of a route file. It returns all problems that it finds. */
export type RouteCheck = (file: RouteFile) => readonly ProblemDraft[];
