import type { DoctorFinding } from './finding.ts';

/** By `engines` in package.json; bin/portico.js runs an older Node under a newer one if the project has one. */
export function nodeFinding(hostNode: string | undefined): DoctorFinding {
  const under = hostNode === undefined ? '' : `, of the project, as the host has ${hostNode}`;
  return { subject: 'node', state: 'ok', detail: `version ${process.versions.node}${under}` };
}

/** A request in flight needs two files: the client's connection and one to a backend. */
const FILES_FOR_A_REQUEST = 2;

/** @param connections the limit of open connections. */
export function openFilesFinding(connections: number): DoctorFinding {
  const subject = 'open files';
  const limit = openFiles();
  if (limit === undefined) return { subject, state: 'unknown', detail: 'this system has no such limit, or hides it' };
  const needed = connections * FILES_FOR_A_REQUEST;
  if (limit >= needed) return { subject, state: 'ok', detail: `limit ${limit}` };
  const remedy = `ulimit -n ${needed}, LimitNOFILE=${needed} of systemd, or a lower limits.connections`;
  return { subject, state: 'warning', detail: `limit ${limit}, and ${connections} connections need ${needed}`, remedy };
}

/** Infinity for no limit. */
function openFiles(): number | undefined {
  const { report } = process;
  // Else it looks up the names of all peers. Its type omits it.
  Reflect.set(report, 'excludeNetwork', true);
  const { userLimits }: { readonly userLimits?: Readonly<Record<string, { readonly soft?: unknown }>> } = Object(
    report.getReport(),
  );
  const soft = userLimits?.open_files?.soft;
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return typeof soft === 'number' ? soft : Number(soft) || undefined;
}
