import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startSubject } from '../subject.ts';
import { nginxConfig } from '../subjects/nginx-config.ts';
import { varnishConfig } from '../subjects/varnish-config.ts';

/** A cache in front of the backend. */
export interface Cache {
  readonly name: string;
  readonly port: number;
  /** All of its processes. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** The content behind the cache, and its path to the cache. */
export interface Missing {
  readonly name: string;
  readonly install: string;
}

export async function startPortico(backendPort: number): Promise<Cache> {
  const env = { BENCH_BACKEND: `http://127.0.0.1:${backendPort}`, NODE_ENV: 'production' };
  const { pid, port, stop } = await startSubject('portico', env);
  return { name: 'portico', port, pids: () => [pid], stop };
}

/** No cache: the minimum cost of a server in Node. */
export async function startBareNode(): Promise<Cache> {
  const { pid, port, stop } = await startSubject('bare-answer');
  return { name: 'bare node:http', port, pids: () => [pid], stop };
}

export async function startNginx(backendPort: number, dir: string): Promise<Cache | Missing> {
  if (!isHere('nginx', '-v')) return { name: 'nginx', install: 'apt-get install nginx-light' };
  const port = await freePort();
  const home = join(dir, 'nginx');
  mkdirSync(join(home, 'temp'), { recursive: true });
  const file = join(home, 'nginx.conf');
  writeFileSync(file, nginxConfig({ port, backendPort, dir: home }));
  return started('nginx', port, 'nginx', ['-p', home, '-c', file, '-e', join(home, 'error.log')]);
}

export async function startVarnish(backendPort: number, dir: string): Promise<Cache | Missing> {
  if (!isHere('varnishd', '-V')) return { name: 'varnish', install: 'apt-get install varnish' };
  const port = await freePort();
  const home = join(dir, 'varnish');
  mkdirSync(home, { recursive: true });
  const file = join(home, 'herd.vcl');
  writeFileSync(file, varnishConfig(backendPort));
  const where = ['-j', 'none', '-F', '-n', join(home, 'work'), '-a', `127.0.0.1:${port}`, '-T', 'none'];
  return started('varnish', port, 'varnishd', [...where, '-f', file, '-s', 'malloc,64m', '-p', 'timeout_idle=600']);
}

function isHere(command: string, asked: string): boolean {
  return spawnSync(command, [asked]).status === 0;
}

async function started(name: string, port: number, command: string, args: readonly string[]): Promise<Cache> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${command} does not start: ${said}`);
    await wait(20);
  }
  return { name, port, pids: () => [child.pid ?? 0, ...childrenOf(child.pid ?? 0)], stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  const left = once(child, 'exit');
  child.kill('SIGTERM');
  await left;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
