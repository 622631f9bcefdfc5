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
 * RFC 9111 §5.2: `name`, `name=token` and `name="text"` separated by commas, with names in any case. The first of a
 * repeated directive counts (§4.2.1). A malformed rest after a name counts as a malformed argument, because ignoring a
 * `no-store` would be harmful.
 */
export function parseDirectives(lines: readonly string[]): Directives {
  const directives = new Map<string, string | undefined>();
  // Each line is parsed separately, because an unclosed quote would swallow the next line.
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
  // An unclosed quote would hide every directive after it.
  const isBalanced = !value.replaceAll(QUOTED, '').includes('"');
  return (isBalanced ? (value.match(MEMBER) ?? []) : value.split(',')).map(member => member.trim());
}
