import { createCipheriv, createDecipheriv, hash, hkdfSync, randomFillSync } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const MARK_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  /** Names the key in what it sealed. */
  readonly mark: Buffer;
  readonly bytes: Buffer;
}

/** What was sealed. */
export interface OpenedSeal {
  readonly text: string;
  /** Whether a key sealed it that is no longer the newest. */
  readonly isOld: boolean;
}

/**
 * Seals texts so that nobody else can read, change or make one (AES-256-GCM, NIST SP 800-38D). The newest key seals,
 * each opens, so that keys can be replaced.
 */
export class KeyRing {
  readonly #keys: readonly Key[];

  /** @param keys the newest first. */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys.map(secret => {
      const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'portico session', 32));
      return { bytes, mark: hash('sha256', bytes, 'buffer').subarray(0, MARK_BYTES) };
    });
  }

  /** @param name what it is for: it opens for the same name only. */
  seal(name: string, text: string): string {
    const [key] = this.#keys;
    if (key === undefined) throw new TypeError('a key ring has at least one key');
    const iv = randomFillSync(Buffer.allocUnsafe(IV_BYTES));
    const cipher = createCipheriv(ALGORITHM, key.bytes, iv).setAAD(Buffer.from(name));
    const parts = [key.mark, iv, cipher.update(text, 'utf8'), cipher.final()];
    return Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url');
  }

  /** Undefined for everything that was not sealed here, for another name, or by a key that is gone. */
  open(name: string, sealed: string): OpenedSeal | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < MARK_BYTES + IV_BYTES + TAG_BYTES) return undefined;
    // A last character with unused bits has several spellings, and what is ended must not open in another one.
    if (bytes.toString('base64url') !== sealed) return undefined;
    const mark = bytes.subarray(0, MARK_BYTES);
    const at = this.#keys.findIndex(key => key.mark.equals(mark));
    const key = this.#keys[at];
    if (key === undefined) return undefined;
    const text = decrypted(key.bytes, name, bytes);
    return text === undefined ? undefined : { text, isOld: at > 0 };
  }
}

function decrypted(key: Buffer, name: string, bytes: Buffer): string | undefined {
  const from = MARK_BYTES + IV_BYTES;
  const to = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(MARK_BYTES, from), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(to));
  try {
    return decipher.update(bytes.subarray(from, to), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
