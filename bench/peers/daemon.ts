import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Peer } from './peer.ts';

export function isInstalled(command: string, flag: string): boolean {
  return spawnSync(command, [flag]).error === undefined;
}

/** Starts a server that stays in the foreground, and waits until it accepts connections. */
export async function startDaemon(name: string, port: number, command: string, args: readonly string[]): Promise<Peer> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.on('data', (text: Buffer) => {
    printed += text;
  });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${command} does not start: ${printed}`);
    await wait(20);
  }
  return { name, port, pids: () => [child.pid ?? 0, ...childrenOf(child.pid ?? 0)], stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  const left = once(child, 'exit');
  child.kill('SIGTERM');
  await left;
}

export function childrenOf(pid: number): readonly number[] {
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
