import { readFile } from 'node:fs/promises';

/** In the order in which they refer to each other. */
const FILES = ['contract', 'response-error', 'stream-error', 'address', 'request-body', 'read-stream', 'client'];

const PUBLIC: ReadonlySet<string> = new Set([
  'ArgumentsOf',
  'client',
  'CallOptions',
  'ClientOptions',
  'ProblemEntry',
  'ResponseError',
  'ResponseOf',
  'ResponseProblem',
  'RouteClient',
  'RouteContract',
  'StreamError',
]);

const IMPORT = /^import [^;]*;\n/gm;
const EXPORT = /^export ((?:async )?(?:function\*?|class|interface|type|const)) (\w+)/gm;

/** The sources of `portico/client` as one module without imports. The package has them as texts beside the client. */
export async function clientSource(): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const texts = await Promise.all(
    FILES.map(name =>
      readFile(new URL(isSource ? `../client/${name}.ts` : `../client/source/${name}.txt`, import.meta.url), 'utf8'),
    ),
  );
  return texts
    .map(text => text.replace(IMPORT, '').trim())
    .join('\n\n')
    .replace(EXPORT, (whole, kind: string, name: string) => (PUBLIC.has(name) ? whole : `${kind} ${name}`));
}
