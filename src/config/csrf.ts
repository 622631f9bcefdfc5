/**
 * Which pages may send requests that change something with a user's cookies (cross-site request forgery). Pages of the
 * gateway's own origin always may.
 */
export interface Csrf {
  /**
   * Further origins whose pages may: `['https://admin.example']`. Those of `cors` with `credentials` and of
   * `allowedOrigins` may, too. Default none.
   */
  readonly origins?: readonly string[];
  /** Why the check is off for these routes: what else protects them. Default none: it is on. */
  readonly off?: string;
}

export type CsrfRules = Csrf | false | undefined;

/** The rules of a gateway for its routes: by default they are checked where a cookie signs users in. */
export function csrfOfGateway({ csrf, session }: { readonly csrf?: CsrfRules; readonly session?: object }): CsrfRules {
  return csrf ?? (session === undefined ? undefined : {});
}

/** Nearer rules replace outer ones, key by key. `off` is for the level that writes it: nearer rules check again. */
export function mergeCsrf(outer: CsrfRules, nearer: CsrfRules): CsrfRules {
  if (nearer === undefined) return outer;
  if (!nearer || !outer) return nearer;
  const { off: _, ...kept } = outer;
  return { ...kept, ...nearer };
}

/** The rules by which requests are checked; undefined where they are not. */
export function checkedCsrf(rules: CsrfRules): Csrf | undefined {
  return rules && rules.off === undefined ? rules : undefined;
}

/**
 * Whether a page may send a request with this method from anywhere: the safe methods of RFC 9110 §9.2.1. Later ones are
 * left out, because a backend that does not know them may change something.
 */
export function isReadByPages(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}
