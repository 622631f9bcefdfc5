import { fetchDocument, isWebAddress } from '../openapi/fetch-document.ts';
import { isObject } from '../openapi/schema-object.ts';
import { ImportError } from './import-report.ts';

/** An OpenAPI document as plain JSON. */
export interface SourceDocument {
  /** The file or URL. */
  readonly from: string;
  readonly root: Readonly<Record<string, unknown>>;
  /** OpenAPI 3.0 has its own dialect of JSON Schema. */
  readonly isOldDialect: boolean;
}

const VERSIONS = /^3\.[0-2]\./;

/** Reads OpenAPI 3.0, 3.1 or 3.2 in JSON or YAML. @throws ImportError */
export async function readDocument(from: string): Promise<SourceDocument> {
  const text = await textOf(from);
  // What the byte order mark of UTF-16 becomes, or every other byte of it.
  if (text.startsWith('\uFFFD') || text.slice(0, 4).includes('\0')) {
    throw new ImportError(from, [{ pointer: '', message: 'it is not UTF-8', remedy: 'save it as UTF-8' }]);
  }
  const root = await parsed(from, text);
  const refused = refusalOf(root);
  if (refused !== undefined) throw new ImportError(from, [{ pointer: '', ...refused }]);
  return {
    from,
    root: root as SourceDocument['root'],
    isOldDialect: String(memberOf(root, 'openapi')).startsWith('3.0'),
  };
}

async function textOf(from: string): Promise<string> {
  try {
    return (await fetchDocument(from)).replace(/^\uFEFF/, '');
  } catch (error) {
    const remedy = isWebAddress(from) ? 'check the address, and that the server runs' : 'check the path of the file';
    throw new ImportError(from, [{ pointer: '', message: `it cannot be read: ${reasonOf(error)}`, remedy }]);
  }
}

async function parsed(from: string, text: string): Promise<unknown> {
  const isJson = /^\s*[{[]/.test(text);
  try {
    return isJson ? JSON.parse(text) : await parsedYaml(text);
  } catch (error) {
    const message = `it is no ${isJson ? 'JSON' : 'YAML'}: ${reasonOf(error)}`;
    throw new ImportError(from, [{ pointer: '', message, remedy: 'give an OpenAPI document in JSON or YAML' }]);
  }
}

/** Through JSON, because anchors of YAML can make a cycle, which no JSON has. */
async function parsedYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return JSON.parse(JSON.stringify(parse(text, { merge: true })) ?? 'null');
}

function refusalOf(root: unknown): { readonly message: string; readonly remedy: string } | undefined {
  const remedy = 'give a document of OpenAPI 3.0, 3.1 or 3.2';
  const [swagger, version] = [memberOf(root, 'swagger'), memberOf(root, 'openapi')];
  if (swagger !== undefined) {
    const converter = 'convert it to OpenAPI 3 first, for example with: npx swagger2openapi';
    return { message: `it is Swagger ${swagger}, which OpenAPI has replaced`, remedy: converter };
  }
  if (version === undefined) return { message: 'it is no OpenAPI document: it has no "openapi"', remedy };
  if (!VERSIONS.test(`${version}.`)) return { message: `OpenAPI ${version} is not known`, remedy };
  return isObject(memberOf(root, 'paths')) ? undefined : { message: 'it has no "paths"', remedy: 'add the operations' };
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `fetch failed` says nothing by itself.
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const reason = cause && (cause.message || ('code' in cause ? String(cause.code) : ''));
  const message = reason ? `${error.message}: ${reason}` : error.message;
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
