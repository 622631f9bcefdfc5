import { DEFAULTS } from '../config/defaults.ts';
import { diagnose } from '../doctor/diagnose.ts';
import type { DoctorFinding } from '../doctor/finding.ts';
import { columns } from './columns.ts';
import type { DoctorCommand } from './command.ts';
import type { ProjectEnv } from './project-env.ts';
import type { Terminal } from './terminal.ts';

/** `portico doctor`: what keeps a project from running here. @returns 1 if something does. */
export async function doctor(
  { dir, json, listen, admin }: DoctorCommand,
  terminal: Terminal,
  { outside }: ProjectEnv,
): Promise<number> {
  const { port = DEFAULTS.server.port, host = DEFAULTS.server.host, path } = listen;
  const own = { host, port, remedy: '--port, or PORT', hostRemedy: '--host, or HOST' };
  const ports = [
    ...(path === undefined ? [own] : []),
    {
      host: admin.host,
      port: admin.port,
      remedy: '--admin-port, or PORTICO_ADMIN_PORT',
      hostRemedy: '--admin-host, or PORTICO_ADMIN_HOST',
    },
  ];
  const findings = await diagnose({ dir, ports, env: process.env, outside });
  if (json) terminal.out(JSON.stringify({ findings }, null, 2));
  else for (const line of columns(findings.map(row))) terminal.out(line);
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

function row({ state, subject, detail, remedy }: DoctorFinding): readonly string[] {
  return [state, subject, remedy === undefined || state === 'ok' ? detail : `${detail}; ${remedy}`];
}
