import type { AddressInfo } from 'node:net';
import { routeRow } from '../admin/route-row.ts';
import { type CreateGatewayOptions, createGateway, type Gateway } from '../gateway.ts';
import { listenError } from './listen-error.ts';
import type { Serving } from './messages.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface OpenGateway {
  readonly gateway: Gateway;
  readonly serving: Serving;
}

/**
 * Loads a project and listens.
 * @throws DefinitionError, ProjectError, ListenError.
 */
export async function openGateway(
  { dir, mode, listen, logFormat = 'json', recordings, mock = false, held = [], limits = {} }: WorkerOptions,
  shared: Pick<CreateGatewayOptions, 'bus' | 'rates' | 'sessionNews' | 'siblingFetches' | 'circuitHints'> = {},
): Promise<OpenGateway> {
  const known = { forcedOpen: held, initialLimits: limits, ...(recordings && { recordings }) };
  const gateway = await createGateway({ dir, mode, logFormat, mock, ...known, ...shared });
  try {
    const address = await gateway.listen(listen);
    return { gateway, serving: servingOf(gateway, address === '' ? `fd ${listen.fd}` : address) };
  } catch (cause) {
    await gateway.close({ graceMs: 0 });
    throw listenError(cause, listen, listen.path === undefined ? '--port' : '--listen');
  }
}

function servingOf({ routes, recordings }: Gateway, address: AddressInfo | string): Serving {
  return { url: urlOf(address), routes: routes.map(routeRow), ...(recordings === undefined ? {} : { recordings }) };
}

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function urlOf(address: AddressInfo | string): string {
  if (typeof address === 'string') return `unix:${address}`;
  const { address: host, port, family } = address;
  if (EVERY_ADDRESS.has(host)) return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}
