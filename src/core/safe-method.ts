// The safe methods of the IANA registry: RFC 9110 §9.2.1, RFC 10008 (QUERY), RFC 5323 (SEARCH), RFC 3253 (REPORT), RFC
// 4918 (PROPFIND).
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'SEARCH', 'REPORT', 'PROPFIND']);

/** Whether a method only reads. An unknown method may write (RFC 9111 §4.4). */
export function isSafe(method: string): boolean {
  return SAFE.has(method);
}
