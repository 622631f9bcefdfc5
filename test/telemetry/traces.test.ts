import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HrTime, ProxyTracerProvider, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import express from 'express';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway, own } = testResources();

afterEach(() => trace.disable());

/** Registers the real SDK, as a program does before it creates a gateway. */
function registered({ samples = true } = {}): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const sampler = new ParentBasedSampler({ root: samples ? new AlwaysOnSampler() : new AlwaysOffSampler() });
  trace.setGlobalTracerProvider(
    new TracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  return exporter;
}

/** A page of two parts, of which one is called twice. */
async function page() {
  const heard: { readonly path: string; readonly traceparent: string; readonly tracestate: string }[] = [];
  const { url } = await backend((req, res) => {
    heard.push({
      path: req.url ?? '',
      traceparent: String(req.headers.traceparent),
      tracestate: String(req.headers.tracestate),
    });
    const isFirst = heard.filter(({ path }) => path === req.url).length === 1;
    res.writeHead(req.url === '/stock' && isFirst ? 503 : 200, { 'Content-Type': 'application/json' }).end('1');
  });
  const started = await gateway({
    'services.ts': `import { defineService } from 'portico';
      export const shop = defineService('shop', {
        targets: ['${url}', '${url.replace('127.0.0.1', 'localhost')}'], retry: { attempts: 2 } });\n`,
    'routes/page.get.ts': `import { defineRoute, type } from 'portico';
      import { shop } from '#services';
      export default defineRoute('/page', {
        aggregate: {
          stock: { from: shop\`/stock\`, response: type<number>() },
          reviews: { from: shop\`/reviews\`, response: type<number>(), dependsOn: ['stock'] },
        },
        reply: parts => parts,
      });\n`,
    'routes/gone.get.ts': `import { defineRoute } from 'portico';
      export default defineRoute('/gone', { proxy: 'http://127.0.0.1:9', retry: false });\n`,
    'portico.config.ts': `import { defineGateway } from 'portico';
      export default defineGateway({ trustedProxies: ['127.0.0.0/8', '::1'] });\n`,
  });
  return { ...started, heard, url: started.url };
}

function wrapped(processor: SimpleSpanProcessor) {
  return {
    onEnd: (span: ReadableSpan) => processor.onEnd(span),
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

const spanIdIn = (traceparent: string): string => traceparent.split('-')[2] ?? '';
const named = (spans: readonly ReadableSpan[], name: string) => spans.filter(span => span.name === name);
const nanoseconds = ([seconds, rest]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(rest);
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

describe('with an SDK', () => {
  it('a request has a span, its parts have spans below it, and the parent of a backend is the attempt', async () => {
    const exporter = registered();
    const { url, heard } = await page();
    await request(url).get('/page').expect(200);
    const spans = exporter.getFinishedSpans();
    const [whole] = named(spans, 'GET /page');
    expect(whole?.kind).toBe(SpanKind.SERVER);
    expect(whole?.parentSpanContext).toBeUndefined();
    expect(whole?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/page',
      'http.response.status_code': 200,
      'url.path': '/page',
      'url.scheme': 'http',
    });
    const [stock, reviews] = ['part stock', 'part reviews'].map(name => named(spans, name)[0]);
    for (const part of [stock, reviews]) expect(part?.parentSpanContext?.spanId).toBe(idOf(whole));
    const attempts = spans.filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(attempts.map(span => span.parentSpanContext?.spanId)).toEqual([idOf(stock), idOf(stock), idOf(reviews)]);
    expect(attempts.map(idOf)).toEqual(heard.map(({ traceparent }) => spanIdIn(traceparent)));
    expect(
      attempts.map(({ attributes, status }) => [
        attributes['http.response.status_code'],
        attributes['http.request.resend_count'],
        attributes['portico.service'],
        status.code,
      ]),
    ).toEqual([
      [503, undefined, 'shop', SpanStatusCode.ERROR],
      [200, 1, 'shop', SpanStatusCode.UNSET],
      [200, undefined, 'shop', SpanStatusCode.UNSET],
    ]);
    expect(new Set(spans.map(span => span.spanContext().traceId)).size).toBe(1);
    for (const { startTime, endTime } of spans)
      expect(nanoseconds(endTime)).toBeGreaterThanOrEqual(nanoseconds(startTime));
    for (const part of spans.filter(span => span !== whole)) {
      expect(nanoseconds(part.startTime)).toBeGreaterThanOrEqual(nanoseconds(whole?.startTime ?? [0, 0]));
      expect(nanoseconds(part.endTime)).toBeLessThanOrEqual(nanoseconds(whole?.endTime ?? [0, 0]));
    }
  });

  it('a request continues the trace of a trusted proxy, with its state', async () => {
    const exporter = registered();
    const { url, heard } = await page();
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03';
    await request(url).get('/page').set('traceparent', parent).set('tracestate', 'vendor=1').expect(200);
    const [whole] = named(exporter.getFinishedSpans(), 'GET /page');
    expect(whole?.parentSpanContext).toMatchObject({ spanId: '00f067aa0ba902b7', isRemote: true });
    for (const { traceparent, tracestate } of heard) {
      expect(traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[\da-f]{16}-0[13]$/);
      expect(tracestate).toBe('vendor=1');
    }
  });

  it('a failed request and its attempt have the error, and the trace id of the log', async () => {
    const exporter = registered();
    const { url, gateway: made } = await page();
    await request(url).get('/gone').expect(502);
    const [failed] = named(exporter.getFinishedSpans(), 'GET /gone');
    expect(failed?.attributes['error.type']).toBe('upstream.unreachable');
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    const [attempt] = named(exporter.getFinishedSpans(), 'GET');
    expect(attempt?.attributes).toMatchObject({
      'error.type': 'unreachable',
      'server.address': '127.0.0.1',
      'server.port': 9,
    });
    const [{ traceId } = { traceId: '' }] = made.requests();
    expect(traceId).toBe(failed?.spanContext().traceId);
  });

  it('a sampler decides: nothing is exported, and the flags say so', async () => {
    const exporter = registered({ samples: false });
    const { url, heard } = await page();
    await request(url).get('/page').expect(200);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(
      heard.map(({ traceparent }) => traceparent.slice(-2) === '00' || traceparent.slice(-2) === '02'),
    ).not.toContain(false);
  });
});

it('an SDK that throws costs its spans, and no request', async () => {
  const broken = {
    startSpan: () => undefined,
    onStart: () => undefined,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const onEnd = () => {
    throw new Error('the exporter is broken');
  };
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [{ ...broken, onEnd }] }));
  const { url, gateway: made } = await page();
  await request(url).get('/page').expect(200);
  const active = (await made.metrics()).find(({ name }) => name === 'http_server_active_requests');
  expect(active?.values.map(({ value }) => value)).toEqual([0]);
});

it('an SDK that gives no valid context leaves the gateway its own trace', async () => {
  trace.setGlobalTracerProvider({ getTracer: () => new ProxyTracerProvider().getTracer('none') });
  const { url, heard } = await page();
  await request(url).get('/page').expect(200);
  for (const { traceparent } of heard) expect(traceparent).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-02$/);
});

it('a request that goes to the next middleware has no span', async () => {
  const exporter = registered();
  const begun: string[] = [];
  const processor = new SimpleSpanProcessor({ exporter });
  const onStart = (span: { readonly name: string }) => void begun.push(span.name);
  trace.disable();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [{ ...wrapped(processor), onStart }] }));
  const { gateway: made } = await gateway(
    { 'routes/ours.get.ts': route(`{ handler: () => 'ours' }`) },
    { passThrough: true },
  );
  const app = express();
  app.use(made.handler);
  app.get('/theirs', (_req, res) => void res.send('theirs'));
  await request(app).get('/theirs').expect(200);
  await request(app).get('/ours').expect(200);
  expect(begun).toEqual(['GET']);
});

/** A file for `node --import` that registers an SDK, which prints the name of each span. */
const SDK_FILE = `import { trace } from '${import.meta.resolve('@opentelemetry/api')}';
import { SimpleSpanProcessor, TracerProvider } from '${import.meta.resolve('@opentelemetry/sdk-trace')}';
const exporter = {
  export: spans => console.log(spans.map(span => 'span ' + span.name + ' of ' + process.pid).join('\\n')),
  forceFlush: async () => {},
  shutdown: async () => {},
};
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
`;

it('node --import registers an SDK in each worker', async () => {
  const project = own(
    await createProject({
      'sdk.js': SDK_FILE,
      'routes/hello.get.ts': route(`'/hello', { handler: () => 'hello' }`),
    }),
  );
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(project.dir, 'sdk.js')).href}` };
  const portico = own(startPortico('start', ['--dir', project.dir, '--port', '0', '--workers', '2'], { env }));
  const { url, adminUrl } = await portico.ready();
  // On connections of their own, so that every worker gets some.
  for (let i = 0; i < 20; i++) await fetch(`${url}/hello`, { headers: { Connection: 'close' } });
  const { pids } = (await (await fetch(`${adminUrl}/readyz?verbose`)).json()) as { readonly pids: readonly number[] };
  expect(pids).toHaveLength(2);
  for (const pid of pids) await portico.printed(`span GET /hello of ${pid}`);
});

describe('without an SDK', () => {
  it('a trace begins here with a random id that nobody records (W3C Trace Context, Level 2)', async () => {
    const { url, heard } = await page();
    await request(url).get('/page').expect(200);
    expect(heard).toHaveLength(3);
    for (const { traceparent } of heard) expect(traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-02$/);
  });

  it('a part’s trace has the version and the flags that are known', async () => {
    const { url, heard } = await page();
    const parent = 'cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-later';
    await request(url).get('/page').set('traceparent', parent).expect(200);
    for (const { traceparent } of heard)
      expect(traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-03$/);
  });

  it('a gateway that was created before the SDK records nothing', async () => {
    const { url } = await page();
    const exporter = registered();
    await request(url).get('/page').expect(200);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
