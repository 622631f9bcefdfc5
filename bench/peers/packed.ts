import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './daemon.ts';
import type { Peer } from './peer.ts';
import { type StartedGateway, startPorticoProcess } from './portico-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Portico as npm would install it: packed and unpacked below this folder, so that its dependencies are those of the
 * clone. Nothing of it comes from `src/`.
 */
export class PackedPortico {
  /** A folder in which projects find the package by its name. */
  readonly dir: string;
  readonly bin: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.bin = join(dir, 'node_modules', 'portico', 'bin', 'portico.js');
  }

  /** Builds and packs the code of the working tree. */
  static pack(): PackedPortico {
    const dir = join(ROOT, 'bench', '.packed');
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(join(dir, 'node_modules'), { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], { cwd: ROOT });
    execFileSync('sh', ['-c', 'tar -xzf portico-*.tgz && rm portico-*.tgz'], { cwd: dir });
    renameSync(join(dir, 'package'), join(dir, 'node_modules', 'portico'));
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n');
    cpSync(join(ROOT, 'bench', 'gateway'), join(dir, 'gateway'), { recursive: true });
    return new PackedPortico(dir);
  }

  start(backendPort: number, { project = 'gateway', workers = 0 } = {}): Promise<StartedGateway> {
    const env = { BENCH_BACKEND: `http://127.0.0.1:${backendPort}` };
    return startPorticoProcess({ bin: this.bin, dir: join(this.dir, project), env, workers });
  }

  async peer(backendPort: number, options: { project?: string; workers?: number } = {}): Promise<Peer> {
    const started = await this.start(backendPort, options);
    const { pid, url, stop } = started;
    return { name: 'portico', port: Number(new URL(url).port), pids: () => [pid, ...childrenOf(pid)], stop };
  }
}
