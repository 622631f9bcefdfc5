import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Service, Tls } from '../../config/service.ts';
import type { Mark, ProblemDraft } from '../problem-draft.ts';

/** PEM texts that OpenSSL accepts, since others would fail only at the first call. */
export function checkTls({ tls }: Service['options'], at: (path: readonly string[]) => Mark): readonly ProblemDraft[] {
  if (tls === undefined) return [];
  const mistakes = [
    ...[tls.ca ?? []].flat().map(pem => mistakeIn('ca', () => new X509Certificate(pem))),
    mistakeIn('key', () => createSecureContext(identityOf(tls))),
  ];
  return mistakes.flatMap(mistake => {
    if (mistake === undefined) return [];
    const { name, reason } = mistake;
    return [
      {
        code: 'P122' as const,
        marks: [at(['tls', name])],
        message: `"tls.${name}" cannot be used: ${reason}`,
        remedy:
          name === 'ca'
            ? 'give the whole text of a certificate'
            : 'give the key that belongs to cert, and its passphrase where it has one',
      },
    ];
  });
}

function identityOf({ cert, key, passphrase }: Tls): Pick<Tls, 'cert' | 'key' | 'passphrase'> {
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function mistakeIn(name: 'ca' | 'key', use: () => unknown): { name: 'ca' | 'key'; reason: string } | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message : String(error) };
  }
}
