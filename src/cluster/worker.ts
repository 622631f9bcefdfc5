import type { Question } from '../core/explanation.ts';
import type { BreakerOrder } from '../define/breaker-order.ts';
import type { Gateway } from '../gateway.ts';
import { type Farewell, isOurs, type ToPrimary } from './messages.ts';
import { openGateway } from './open.ts';
import type { Order } from './order.ts';
import { startFailure } from './start-failure.ts';
import { workerBus } from './worker-bus.ts';

// A Ctrl-C and a service manager reach every process of the group; when a worker goes is the primary's to say.
const PRIMARYS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One worker's life; resolves with its exit code. Where the primary dies, node:cluster ends its workers. */
export async function runWorker(order: Order): Promise<number> {
  for (const signal of PRIMARYS) process.on(signal, () => undefined);
  try {
    const { gateway, serving } = await openGateway(order, workerBus);
    const left = obey(gateway);
    await tell({ kind: 'portico.serving', serving });
    await left;
    return 0;
  } catch (error) {
    await tell({ kind: 'portico.refused', failure: startFailure(error) });
    return 1;
  }
}

/** Does what the primary says, until it says that this worker may leave. */
function obey(gateway: Gateway): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.on('message', message => {
    if (!isOurs(message)) return;
    if (message.kind === 'portico.measure') void measure(gateway, message.question);
    else if (message.kind === 'portico.explain') void explain(gateway, message.question, message.asked);
    else if (message.kind === 'portico.list-breakers') void listBreakers(gateway, message.question);
    else if (message.kind === 'portico.breaker') orderBreaker(gateway, message.order);
    else if (message.kind === 'portico.retire') void retire(gateway);
    else if (message.kind === 'portico.drain') void drain(gateway, message.farewell);
    else if (message.kind === 'portico.leave') resolve();
  });
  return promise;
}

async function measure(gateway: Gateway, question: number): Promise<void> {
  await tell({ kind: 'portico.measured', question, metrics: await gateway.metrics() });
}

async function explain(gateway: Gateway, question: number, asked: Question): Promise<void> {
  await tell({ kind: 'portico.explained', question, explanation: gateway.explain(asked) });
}

async function listBreakers(gateway: Gateway, question: number): Promise<void> {
  await tell({ kind: 'portico.breakers', question, breakers: gateway.breakers() });
}

function orderBreaker(gateway: Gateway, order: BreakerOrder): void {
  if ('open' in order) gateway.holdBreaker(order.open);
  else gateway.closeBreaker(order.close);
}

async function retire(gateway: Gateway): Promise<void> {
  await gateway.retire();
  await tell({ kind: 'portico.retired' });
}

async function drain(gateway: Gateway, farewell: Farewell): Promise<void> {
  await gateway.close(farewell);
  await tell({ kind: 'portico.drained', metrics: await gateway.metrics() });
}

function tell(message: ToPrimary): Promise<void> {
  return new Promise(resolve => {
    // Without a channel the primary is gone, and so is this process in a moment.
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
}
