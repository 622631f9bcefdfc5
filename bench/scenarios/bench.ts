import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackedPortico } from '../peers/packed.ts';
import { INSTALL, isPeer, type Peer } from '../peers/peer.ts';
import { type PeerName, startPeer } from '../peers/start-peers.ts';
import type { Measured } from '../report/results.ts';
import { type Subject, startSubject } from '../subject.ts';
import type { Settings } from './settings.ts';

/** What a group of scenarios measures with. Everything that it starts is stopped with it. */
export class Bench implements AsyncDisposable {
  readonly group: string;
  readonly settings: Settings;
  readonly portico: PackedPortico;
  readonly backend: Subject;
  readonly #dir: string;
  readonly #peers: Peer[] = [];
  readonly #missing = new Set<string>();
  readonly #record: (measured: Measured) => void;

  private constructor(group: string, options: BenchOptions, backend: Subject) {
    this.group = group;
    this.settings = options.settings;
    this.portico = options.portico;
    this.#record = options.record;
    this.backend = backend;
    this.#dir = mkdtempSync(join(tmpdir(), 'portico-bench-'));
  }

  static async open(group: string, options: BenchOptions): Promise<Bench> {
    return new Bench(group, options, await startSubject('api'));
  }

  /** Those that are installed. */
  async start(...names: readonly PeerName[]): Promise<readonly Peer[]> {
    const peers: Peer[] = [];
    for (const name of names) {
      const peer = await startPeer(name, { portico: this.portico, backendPort: this.backend.port, dir: this.#dir });
      if (isPeer(peer)) peers.push(this.stopLater(peer));
      else this.#missing.add(`${name} is not installed: ${INSTALL}`);
    }
    return peers;
  }

  stopLater(peer: Peer): Peer {
    this.#peers.push(peer);
    return peer;
  }

  /** Stops the servers, but not the backend. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map(peer => peer.stop()));
  }

  /** Keeps what a scenario measured. */
  record(measured: Omit<Measured, 'group' | 'notes'> & { readonly notes?: readonly string[] }): void {
    const notes = [...(measured.notes ?? []), ...this.#missing];
    this.#record({ ...measured, group: this.group, notes });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll();
    await this.backend.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export interface BenchOptions {
  readonly settings: Settings;
  readonly portico: PackedPortico;
  readonly record: (measured: Measured) => void;
}
