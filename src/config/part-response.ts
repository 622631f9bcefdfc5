/** The response of a part, beside its value. A stored response has the fields with which it was stored. */
export interface PartResponse {
  readonly status: number;
  /** Response headers by lower-case name; repeated lines are joined. Those about the backend itself are removed. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Values of the cookies that it sets, by name. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The lines of `Set-Cookie` with their attributes, for a `Response` that passes them on. */
  readonly setCookie: readonly string[];
}
