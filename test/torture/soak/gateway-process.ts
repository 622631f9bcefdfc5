import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createGateway, type Gateway } from '../../../src/gateway.ts';
import type { Measured, Question, Told } from './messages.ts';

// The gateway under test runs in a process of its own, so that its memory can be measured.
const unhandled: string[] = [];
const warnings: string[] = [];
process.on('unhandledRejection', reason => unhandled.push(String(reason)));
process.on('uncaughtException', error => unhandled.push(String(error.stack)));
process.on('warning', warning => warnings.push(String(warning)));

let gateway: Gateway | undefined;

process.on('message', (request: Question) => {
  if (request === 'measure') void measure();
  else if (request === 'close') void close();
  else void open(request.dir);
});

async function open(dir: string): Promise<void> {
  gateway = await createGateway({ dir, logLevel: 'silent' });
  const { port } = (await gateway.listen({ port: 0 })) as AddressInfo;
  tell({ kind: 'listening', port });
}

async function close(): Promise<void> {
  await gateway?.close({ graceMs: 1_000 });
  process.disconnect?.();
}

async function measure(): Promise<void> {
  const metric = (await gateway?.metrics())?.find(({ name }) => name === 'portico_service_in_flight');
  const inFlight = metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const measured: Measured = { ...(await memory()), inFlight, resources, listeners, unhandled, warnings };
  tell({ kind: 'measured', measured });
}

async function memory(): Promise<{ readonly heap: number; readonly external: number }> {
  // Objects with finalizers are freed only by a later collection.
  for (let i = 0; i < 6; i++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external };
}

function tell(headers: Told): void {
  process.send?.(headers);
}
