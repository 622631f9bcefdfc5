import type { LoadedDefinition, RouteKind } from '../config/loaded-route.ts';
import type { Route } from '../config/route.ts';
import type { Address } from './address.ts';
import type { ProblemDraft } from './problem-draft.ts';

/** A route file while it is checked. */
export interface RouteFile {
  readonly file: string;
  readonly address: Address;
  readonly route: Route;
  /** The one response; undefined where there is none, or more than one. */
  readonly kind: RouteKind | undefined;
  /** What the file says, without the options that are wrong in themselves. */
  readonly written: LoadedDefinition;
  /** With the defaults of its folders. */
  readonly merged: LoadedDefinition;
}

/** One thing that is looked at in every route. It finds all that is wrong with it. */
export type RouteCheck = (file: RouteFile) => readonly ProblemDraft[];
