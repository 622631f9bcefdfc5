import { parseKeys } from '../../config/api-key-entries.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';

/** API keys that the file lists itself; those of a variable are read when the gateway starts. */
export function checkApiKeys(file: string, { auth }: GatewayOptions): readonly ProblemDraft[] {
  const hashes = auth?.apiKey?.hashes;
  if (hashes === undefined || 'env' in hashes) return [];
  return parseKeys(hashes).mistakes.map(({ index, message }) => ({
    code: 'P156',
    marks: [option(file, ['auth', 'apiKey', 'hashes', String(index)])],
    message,
    remedy: 'write \'name hash scope scope\', with the SHA-256 of the key: printf %s "$KEY" | sha256sum',
  }));
}
