import type { TracerProvider } from '@opentelemetry/api';
import type { Clock } from '../core/ports/clock.ts';
import type { Tracer } from '../core/ports/tracer.ts';

// Where @opentelemetry/api keeps what an SDK registers (`registerGlobal`). Read directly, because a copy of the API
// finds nothing that a copy of an older minor version registered.
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/**
 * The tracer of the SDK that the program has registered, like a file of `node --import`; undefined without one: then
 * nothing of OpenTelemetry is loaded, and a request costs the same as without this.
 */
export async function openTracer(clock: Clock): Promise<Tracer | undefined> {
  const provider = registeredProvider();
  if (provider === undefined) return undefined;
  const { OpenTelemetryTracer } = await import('./open-telemetry-tracer.ts');
  return new OpenTelemetryTracer(provider, clock);
}

function registeredProvider(): TracerProvider | undefined {
  const registered: unknown = Reflect.get(globalThis, REGISTERED);
  if (typeof registered !== 'object' || registered === null || !('trace' in registered)) return undefined;
  return registered.trace as TracerProvider;
}
