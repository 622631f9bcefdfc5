import { readFile } from 'node:fs/promises';

const TIMEOUT_MS = 30_000;

/** The text of a document. @param from a file, or a URL of http or https. @throws Error if it cannot be read. */
export async function fetchDocument(from: string): Promise<string> {
  if (!isWebAddress(from)) return readFile(from, 'utf8');
  const response = await fetch(from, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${from} responded ${response.status}`);
  return response.text();
}

export function isWebAddress(from: string): boolean {
  return /^https?:\/\//i.test(from);
}
