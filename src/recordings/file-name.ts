import { createHash } from 'node:crypto';
import { keyOf, type RecordedRequest } from './recorded-request.ts';

const MAX_SLUG = 60;
const HASH_LENGTH = 12;

/** Names that Windows keeps for devices, whatever stands behind their dot. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * The file of a request, below the folder of the recordings: `cart/get-carts-7.1f0c9a2b7d3e.json`. It has only lower
 * case letters, digits, `-` and `.`, so that it is the same file on every file system; what that loses is in the hash.
 */
export function fileNameOf(request: RecordedRequest): string {
  const identity = JSON.stringify([keyOf(request), Object.entries(request.headers ?? {}).sort()]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, HASH_LENGTH);
  const method = request.upgrade === true ? 'websocket' : slug(request.method);
  const path = slug(request.path);
  return `${folderOf(request.service)}/${method}${path === '' ? '' : `-${path}`}.${hash}.json`;
}

function folderOf(service: string): string {
  const name = slug(service);
  return name === '' || RESERVED.test(name) ? `service-${name}` : name;
}

function slug(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.slice(0, MAX_SLUG).replace(/^-|-$/g, '');
}
