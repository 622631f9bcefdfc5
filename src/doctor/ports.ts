import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isCompilerTarget } from '../config/compiler-target.ts';
import type { DoctorFinding } from './finding.ts';

export interface PortUse {
  /** The flag and the variable that choose another one. */
  readonly remedy: string;
  /** The same for the address. */
  readonly hostRemedy: string;
  readonly host: string;
  readonly port: number;
}

/** Whether a port is free; if not, which process has it, as far as this user may know. */
export async function portFinding({ host, port, remedy, hostRemedy }: PortUse): Promise<DoctorFinding> {
  const subject = `port ${port}`;
  const code = await listeningError(host, port);
  if (code === undefined) return { subject, state: 'ok', detail: port === 0 ? 'any free one' : `is free on ${host}` };
  if (code === 'EADDRINUSE') {
    const owner = await ownerOf(port);
    if (owner?.isPortico) return { subject, state: 'ok', detail: `portico has it (pid ${owner.pid})` };
    const who = owner === undefined ? 'another process' : `${owner.program} (pid ${owner.pid})`;
    return { subject, state: 'failed', detail: `${who} has it`, remedy: `stop that one, or choose another: ${remedy}` };
  }
  if (code === 'EACCES') {
    return { subject, state: 'failed', detail: 'this user may not listen on it', remedy: `choose another: ${remedy}` };
  }
  const reason = isCompilerTarget(host) ? 'it is the target of a compiler, which conda sets as HOST' : code;
  const detail = `this host cannot listen on ${host}: ${reason}`;
  return { subject, state: 'failed', detail, remedy: `choose another: ${hostRemedy}` };
}

async function listeningError(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    server.close();
  }
}

interface Owner {
  readonly pid: number;
  readonly program: string;
  readonly isPortico: boolean;
}

/** By Linux's list of sockets and the files of its processes; undefined elsewhere, and for processes of other users. */
async function ownerOf(port: number): Promise<Owner | undefined> {
  const sockets = new Set((await Promise.all(['tcp', 'tcp6'].map(table => inodes(table, port)))).flat());
  if (sockets.size === 0) return undefined;
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holds(pid, sockets))) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const program = (command[0] ?? '').split('/').at(-1) || 'a process';
    return { pid: Number(pid), program, isPortico: command.some(word => /\bportico(?:\.js)?$/.test(word)) };
  }
  return undefined;
}

/** The sockets that listen on a port; in the table addresses are hexadecimal, and 0A is the state LISTEN. */
async function inodes(table: string, port: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap(line => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(ending) && state === '0A' && inode !== undefined ? [`socket:[${inode}]`] : [];
  });
}

async function holds(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map(file => readlink(`${folder}/${file}`).catch(() => '')));
  return links.some(link => sockets.has(link));
}
