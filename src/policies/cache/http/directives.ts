/**
 * Cache directives by lower-case name; undefined for one without an argument, '' for one whose argument is malformed.
 */
export type Directives = ReadonlyMap<string, string | undefined>;

// RFC 9110 §5.6.2 and §5.6.4.
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+/;
const ARGUMENT = /^=(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9!#$%&'*+.^_`|~-]+))$/;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const MEMBER = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;

/**
 * RFC 9111 §5.2: `name`, `name=token` and `name="text"` between commas, names in any case. Of a repeated directive the
 * first counts (§4.2.1). What is malformed behind a name counts as that name with a malformed argument: a cache that
 * overlooks `no-store` does harm.
 */
export function parseDirectives(lines: readonly string[]): Directives {
  const directives = new Map<string, string | undefined>();
  // Each line by itself: a quote that one leaves open would swallow the next one up to where another quote stands.
  for (const member of lines.flatMap(members)) {
    const name = NAME.exec(member)?.[0];
    if (name === undefined || directives.has(name.toLowerCase())) continue;
    directives.set(name.toLowerCase(), argument(member.slice(name.length)));
  }
  return directives;
}

function argument(rest: string): string | undefined {
  if (rest === '') return undefined;
  const [, quoted, token] = ARGUMENT.exec(rest) ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '';
}

function members(value: string): string[] {
  // A quote that never ends would hide every directive behind it.
  const isBalanced = !value.replaceAll(QUOTED, '').includes('"');
  return (isBalanced ? (value.match(MEMBER) ?? []) : value.split(',')).map(member => member.trim());
}
