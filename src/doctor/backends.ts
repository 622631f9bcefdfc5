import { once } from 'node:events';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Targets } from '../config/balancing.ts';
import type { Service } from '../config/service.ts';
import { dnsAddress, entriesOf } from '../config/target-entries.ts';
import { type DoctorFinding, reasonOf } from './finding.ts';

const LIMIT_MS = 3_000;
/** Less is rounding: `Date` has seconds. */
const MAX_SKEW_MS = 5_000;

/** Whether each target of a service accepts connections, and what its clock says. */
export async function backendFindings({ serviceName, options }: Service): Promise<readonly DoctorFinding[]> {
  const subject = `service ${serviceName}`;
  const urls = addressesOf(options.targets);
  if (urls === undefined) return [{ subject, state: 'unknown', detail: 'its targets are found while it serves' }];
  if (urls.length === 0) {
    return [{ subject, state: 'failed', detail: 'it has no target', remedy: nameTargets(options.targets) }];
  }
  return Promise.all(urls.map(url => targetFinding(`${subject} at ${url.host}`, url, options.targets)));
}

/** Undefined for targets that a discovery finds. */
function addressesOf(targets: Targets): readonly URL[] | undefined {
  if ('dns' in targets) return [dnsAddress(targets.dns)];
  if (!Array.isArray(targets) && !('env' in targets)) return undefined;
  const entries = entriesOf(targets).map(entry => (typeof entry === 'string' ? entry : entry.url));
  return entries.flatMap(entry => URL.parse(entry) ?? []);
}

function nameTargets(targets: Targets): string {
  return 'env' in targets ? `set ${targets.env} to its addresses` : 'name its targets in services.ts';
}

async function targetFinding(subject: string, url: URL, targets: Targets): Promise<DoctorFinding> {
  const failure = await connectionFailure(url);
  if (failure !== undefined) {
    const other = 'env' in targets ? `, or set ${targets.env}` : '';
    return { subject, state: 'failed', detail: failure, remedy: `start it${other}` };
  }
  const skewMs = await skewOf(url);
  if (skewMs !== undefined && Math.abs(skewMs) > MAX_SKEW_MS) {
    const detail = `accepts connections, and its clock is ${Math.round(skewMs / 1_000)} s off this one`;
    return {
      subject,
      state: 'warning',
      detail,
      remedy: 'let both follow a time server: ages of responses depend on it',
    };
  }
  return { subject, state: 'ok', detail: 'accepts connections' };
}

async function connectionFailure({ hostname, port, protocol }: URL): Promise<string | undefined> {
  const host = hostname.replaceAll(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LIMIT_MS) });
    return undefined;
  } catch (error) {
    return error instanceof Error && error.name === 'AbortError'
      ? `no connection within ${LIMIT_MS} ms`
      : reasonOf(error);
  } finally {
    socket.destroy();
  }
}

/** Its clock minus this one by the `Date` of any response; undefined without one. */
async function skewOf(url: URL): Promise<number | undefined> {
  const send = url.protocol === 'https:' ? secureRequest : request;
  const call = send(url, { method: 'HEAD', agent: false, signal: AbortSignal.timeout(LIMIT_MS) });
  call.end();
  try {
    const [response] = await once(call, 'response');
    response.resume();
    const there = Date.parse(String(response.headers.date ?? ''));
    return Number.isNaN(there) ? undefined : there - Date.now();
  } catch {
    // It need not speak HTTP to strangers.
    return undefined;
  } finally {
    call.on('error', () => undefined);
    call.destroy();
  }
}
