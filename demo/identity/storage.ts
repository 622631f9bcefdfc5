import type { Adapter, AdapterPayload } from 'oidc-provider';

const MAX_ENTRIES = 10_000;

interface Entry {
  readonly payload: AdapterPayload;
  /** In milliseconds since the epoch. */
  readonly endsAt: number;
}

/** What the identity provider remembers of one kind: sessions, grants, tokens. It ends with the process. */
export class IdentityStorage implements Adapter {
  readonly #entries = new Map<string, Entry>();

  async upsert(id: string, payload: AdapterPayload, expiresIn = Number.POSITIVE_INFINITY): Promise<void> {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= MAX_ENTRIES && !this.#entries.has(id))
      this.#entries.delete(oldest);
    this.#entries.set(id, { payload, endsAt: Date.now() + expiresIn * 1_000 });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined || Date.now() < entry.endsAt) return entry?.payload;
    this.#entries.delete(id);
    return undefined;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('uid', uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('userCode', userCode);
  }

  async consume(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const consumed = Math.floor(Date.now() / 1_000);
    this.#entries.set(id, { ...entry, payload: { ...entry.payload, consumed } });
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { payload }] of this.#entries) if (payload.grantId === grantId) this.#entries.delete(id);
  }

  #findBy(name: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    const [id = ''] = [...this.#entries].find(([, { payload }]) => payload[name] === value) ?? [];
    return this.find(id);
  }
}
