import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { haproxyConfig } from '../subjects/haproxy-config.ts';
import { nginxConfig } from '../subjects/nginx-config.ts';
import { varnishConfig } from '../subjects/varnish-config.ts';
import { freePort, isInstalled, startDaemon } from './daemon.ts';
import type { Missing, Peer } from './peer.ts';

export async function startNginx(backendPort: number, dir: string): Promise<Peer | Missing> {
  if (!isInstalled('nginx', '-v')) return { name: 'nginx', install: 'apt-get install nginx-light' };
  const port = await freePort();
  const home = join(dir, 'nginx');
  mkdirSync(join(home, 'temp'), { recursive: true });
  const file = join(home, 'nginx.conf');
  writeFileSync(file, nginxConfig({ port, backendPort, dir: home }));
  return startDaemon('nginx', port, 'nginx', ['-p', home, '-c', file, '-e', join(home, 'error.log')]);
}

export async function startVarnish(backendPort: number, dir: string): Promise<Peer | Missing> {
  if (!isInstalled('varnishd', '-V')) return { name: 'varnish', install: 'apt-get install varnish' };
  const port = await freePort();
  const home = join(dir, 'varnish');
  mkdirSync(home, { recursive: true });
  const file = join(home, 'bench.vcl');
  writeFileSync(file, varnishConfig(backendPort));
  const where = ['-j', 'none', '-F', '-n', join(home, 'work'), '-a', `127.0.0.1:${port}`, '-T', 'none'];
  return startDaemon('varnish', port, 'varnishd', [...where, '-f', file, '-s', 'malloc,64m', '-p', 'timeout_idle=600']);
}

export async function startHaproxy(backendPort: number, dir: string): Promise<Peer | Missing> {
  if (!isInstalled('haproxy', '-v')) return { name: 'haproxy', install: 'apt-get install haproxy' };
  const port = await freePort();
  const file = join(dir, 'haproxy.cfg');
  writeFileSync(file, haproxyConfig(port, backendPort));
  return startDaemon('haproxy', port, 'haproxy', ['-db', '-f', file]);
}
