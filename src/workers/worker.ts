import { processView } from '../admin/process-view.ts';
import { sessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import { rememberSchemas, validSchemas } from '../config/valid-schemas.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import type { ProcessSubject } from '../core/process-views.ts';
import type { Purge } from '../core/purge.ts';
import type { RequestQuery } from '../core/request-view.ts';
import type { Gateway } from '../gateway.ts';
import { type Description, type DrainOptions, isOurs, type ToPrimary } from './messages.ts';
import { ModuleRecorder } from './module-recorder.ts';
import { openGateway } from './open-gateway.ts';
import { startFailure } from './start-failure.ts';
import { workerBus } from './worker-bus.ts';
import { workerCircuitHints } from './worker-circuit-hints.ts';
import { WorkerFetches } from './worker-fetches.ts';
import type { WorkerOptions } from './worker-options.ts';
import { WorkerRates } from './worker-rates.ts';
import { workerSessionNews } from './worker-session-news.ts';

// Ctrl-C and service managers signal every process of the group, but the primary decides when a worker exits.
const PRIMARYS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs one worker and resolves with its exit code. If the primary dies, node:cluster ends its workers. */
export async function runWorker(command: WorkerOptions): Promise<number> {
  for (const signal of PRIMARYS) process.on(signal, () => undefined);
  const recorder = new ModuleRecorder(imported => void tell({ kind: 'portico.imported', imported }));
  if (command.mode === 'dev') {
    recorder.listen();
    rememberSchemas(command.schemas);
  }
  try {
    const { gateway, serving } = await openGateway(command, {
      bus: workerBus,
      rates: new WorkerRates(),
      sessionNews: workerSessionNews,
      ...(command.hasSiblings && { siblingFetches: new WorkerFetches(), circuitHints: workerCircuitHints }),
    });
    const left = obey(gateway);
    recorder.flush();
    if (command.mode === 'dev') await tell({ kind: 'portico.compiled', schemas: validSchemas() });
    await tell({ kind: 'portico.serving', serving });
    await left;
    return 0;
  } catch (error) {
    recorder.flush();
    await tell({ kind: 'portico.refused', failure: startFailure(error) });
    return 1;
  }
}

/** Handles the primary's messages until this worker may exit. */
function obey(gateway: Gateway): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.on('message', message => {
    if (!isOurs(message)) return;
    if (message.kind === 'portico.measure') void measure(gateway, message.requestId);
    else if (message.kind === 'portico.explain') void explain(gateway, message.requestId, message.query);
    else if (message.kind === 'portico.list-breakers') void listBreakers(gateway, message.requestId);
    else if (message.kind === 'portico.inspect') void inspect(gateway, message.requestId, message.subject);
    else if (message.kind === 'portico.list-requests') void listRequests(gateway, message.requestId, message.query);
    else if (message.kind === 'portico.list-options') void listOptions(gateway, message.requestId, message.key);
    else if (message.kind === 'portico.describe') void describe(gateway, message.requestId);
    else if (message.kind === 'portico.list-sessions') void listSessions(gateway, message.requestId, message.query);
    else if (message.kind === 'portico.end-sessions') void endSessions(gateway, message.requestId, message.command);
    else if (message.kind === 'portico.breaker') commandBreaker(gateway, message.command);
    else if (message.kind === 'portico.count-purged') void countPurged(gateway, message.requestId, message.purge);
    else if (message.kind === 'portico.retire') void retire(gateway);
    else if (message.kind === 'portico.drain') void drain(gateway, message.drainOptions);
    else if (message.kind === 'portico.leave') resolve();
  });
  return promise;
}

async function measure(gateway: Gateway, requestId: number): Promise<void> {
  await tell({ kind: 'portico.measured', requestId, metrics: await gateway.metrics() });
}

async function explain(gateway: Gateway, requestId: number, query: ExplainQuery): Promise<void> {
  await tell({ kind: 'portico.explained', requestId, explanation: gateway.explain(query) });
}

async function listBreakers(gateway: Gateway, requestId: number): Promise<void> {
  await tell({ kind: 'portico.breakers', requestId, breakers: gateway.breakers() });
}

async function inspect(gateway: Gateway, requestId: number, subject: ProcessSubject): Promise<void> {
  await tell({ kind: 'portico.inspected', requestId, views: await processView(gateway, subject) });
}

async function listSessions(gateway: Gateway, requestId: number, query: SessionQuery): Promise<void> {
  await tell({ kind: 'portico.sessions', requestId, answer: await sessionAnswer(gateway.sessions(query)) });
}

async function endSessions(gateway: Gateway, requestId: number, command: SessionCommand): Promise<void> {
  await tell({ kind: 'portico.sessions-ended', requestId, answer: await sessionAnswer(gateway.endSessions(command)) });
}

async function listRequests(gateway: Gateway, requestId: number, query: RequestQuery): Promise<void> {
  await tell({ kind: 'portico.requests', requestId, requests: gateway.requests(query) });
}

async function listOptions(gateway: Gateway, requestId: number, key: string): Promise<void> {
  await tell({ kind: 'portico.options', requestId, options: gateway.writtenOptions(key) });
}

async function describe(gateway: Gateway, requestId: number): Promise<void> {
  const description = await gateway.openApi().then(
    (document): Description => ({ document }),
    (error: unknown): Description => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
  await tell({ kind: 'portico.described', requestId, description });
}

async function countPurged(gateway: Gateway, requestId: number, purge: Purge): Promise<void> {
  await tell({ kind: 'portico.purged', requestId, entries: await gateway.countPurged(purge) });
}

function commandBreaker(gateway: Gateway, command: BreakerCommand): void {
  if ('open' in command) gateway.holdBreaker(command.open);
  else gateway.closeBreaker(command.close);
}

async function retire(gateway: Gateway): Promise<void> {
  await gateway.retire();
  await tell({ kind: 'portico.retired' });
}

async function drain(gateway: Gateway, drainOptions: DrainOptions): Promise<void> {
  await gateway.close(drainOptions);
  await tell({ kind: 'portico.drained', metrics: await gateway.metrics() });
}

function tell(message: ToPrimary): Promise<void> {
  return new Promise(resolve => {
    // Without a channel the primary has died, and this process will exit too.
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
}
