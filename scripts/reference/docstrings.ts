import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An option as declared. */
export interface Member {
  readonly name: string;
  /** One line, without the stars. */
  readonly doc: string;
  readonly type: string;
}

/** An `interface` or a `type` with its own members; those of nested object types count as its own. */
export interface Declaration {
  readonly name: string;
  readonly parents: readonly string[];
  readonly members: ReadonlyMap<string, Member>;
  readonly text: string;
}

const DECLARATION = /^(?:export )?(?:interface|type) (\w+)(?:<[^{=]*>)?(?: extends ([^{]+?))? (?:\{|=)/gm;
const MEMBER =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/ [^\n]*\s*)?)?readonly (\w+)\??: ?([^\n]*(?:\n +\|[^\n]*)*)/g;

/** The text of a docstring as one line. */
export function lineOf(comment: string): string {
  return comment
    .split('\n')
    .map(line => line.trim().replace(/^\* ?/, ''))
    .join(' ')
    .trim();
}

function membersIn(text: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const [, comment = '', name = '', type = ''] of text.matchAll(MEMBER)) {
    if (members.get(name)?.doc) continue;
    members.set(name, { name, doc: lineOf(comment), type: type.replace(/;\s*$/, '') });
  }
  return members;
}

/** Parses declarations as text, since TypeScript 7 has no JavaScript API. */
function declarationsIn(source: string): readonly Declaration[] {
  const starts = [...source.matchAll(DECLARATION)];
  return starts.map(({ 1: name = '', 2: parents = '', index }, i) => {
    const text = source.slice(index, starts[i + 1]?.index).replace(/\n\/\*\*[\s\S]*$/, '');
    return { name, parents: parents.match(/\w+(?=[<,]|$)/g) ?? [], members: membersIn(text), text };
  });
}

export async function readDeclarations(
  root: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, Declaration>> {
  const sources = await Promise.all(files.map(file => readFile(join(root, file), 'utf8')));
  return new Map(sources.flatMap(declarationsIn).map(each => [each.name, each]));
}
