import { isObject, type JsonObject } from '../config/json-object.ts';
import { type Check, compileSchema } from '../config/schema.ts';
import { describedSchema, isStandardSchema } from '../config/standard-schema.ts';
import { collect, NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { type BackendMock, MOCK_FIELD, type MockedSite } from '../core/ports/backend-mock.ts';
import { jsonReply, type Reply, withHeader } from '../core/reply.ts';
import { sampleOf, ValueGenerator } from './generate.ts';
import { seedOf } from './random.ts';
import { type Facts, facts, withFacts } from './request-facts.ts';
import { Unmockable } from './unmockable.ts';

/** Values of which no attempt fits its own schema are given up. */
const ATTEMPTS = 12;

/** A value and where it is from. */
interface MockedValue {
  readonly value: unknown;
  readonly source: 'example' | 'generated';
}

/** Responds to calls by the schemas of their responses: with an example, or with a value that is made. */
export class MockBackends implements BackendMock {
  readonly #bodyLimit: number;

  /** @param bodyLimit of a request, in bytes. */
  constructor(bodyLimit: number) {
    this.#bodyLimit = bodyLimit;
  }

  handlerOf(site: MockedSite): Handler {
    const values = valuesOf(site);
    return async x => {
      // A request body that nothing reads would hold up its client.
      const body = await collect(x.body, this.#bodyLimit, () => tooLarge(this.#bodyLimit));
      if (values === undefined || x.details.upgrade !== undefined) throw unknownResponse(site, 'declares none');
      const { value, source } = await responseTo(x, body, site, values);
      return replyOf(x, value, source);
    };
  }
}

function replyOf({ method }: Exchange, value: unknown, source: string): Reply {
  const reply = withHeader(jsonReply(200, value), MOCK_FIELD, source);
  return method === 'HEAD' ? { ...reply, body: NO_BODY } : reply;
}

function responseTo(x: Exchange, body: Buffer, site: MockedSite, values: SchemaValues): Promise<MockedValue> {
  const { path = x.path, search = x.search } = x.call ?? {};
  const subject = x.call && site.subjectOf(x.call);
  if (site.batch !== undefined) return values.items(Array.isArray(subject) ? subject : [], site.batch);
  const text = [site.service, x.method, path, search, body.toString('latin1')].join('\n');
  return values.value(text, facts(x, { path, search, body, id: subject }));
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('request.body_too_large', `The body is larger than ${limit} bytes`);
}

function unknownResponse({ name, service }: MockedSite, reason: string): GatewayError {
  const message = `${service} is mocked, and nothing is known of its response to ${name}: it ${reason}`;
  return new GatewayError(
    'mock.unknown_response',
    `${message}; declare \`response\` as a schema, or record it, also if it has no content`,
  );
}

/** Undefined if the site has no schema that says anything. */
function valuesOf(site: MockedSite): SchemaValues | undefined {
  const { response } = site;
  if (response === undefined) return undefined;
  // A Standard Schema makes its output of what the backend sends.
  const described: unknown = describedSchema(response, isStandardSchema(response) ? 'input' : 'output');
  const schema: unknown = JSON.parse(JSON.stringify(described) ?? 'null');
  if (!isObject(schema) || Object.keys(schema).length === 0) return undefined;
  return new SchemaValues(site, schema, compileSchema(response, { coerce: false }) ?? (value => ({ value })));
}

/** The values of one site. */
class SchemaValues {
  readonly #site: MockedSite;
  readonly #schema: JsonObject;
  readonly #check: Check;

  constructor(site: MockedSite, schema: JsonObject, check: Check) {
    this.#site = site;
    this.#schema = schema;
    this.#check = check;
  }

  /** @param text what is different for different calls. */
  async value(text: string, known: Facts): Promise<MockedValue> {
    const { value, source } = await this.#fitting(seedOf(text));
    return { value: await withFacts(value, known, each => this.#fits(each)), source };
  }

  /** An item for each id, the same whichever ids it is fetched with. */
  async items(ids: readonly unknown[], { by, items }: NonNullable<MockedSite['batch']>): Promise<MockedValue> {
    const found = await Promise.all(ids.map(id => this.#item(id, by)));
    const list = found.map(({ value }) => value);
    const source = found.every(each => each.source === 'example') ? 'example' : 'generated';
    return { value: items === undefined ? list : { [items]: list }, source };
  }

  async #item(id: unknown, by: (item: unknown) => unknown): Promise<MockedValue> {
    const { value, source } = await this.#fitting(seedOf(`${this.#site.service}\n${this.#site.name}\n${id}`));
    for (const candidate of withId(value, id)) {
      if (idIn(candidate, by) === String(id) && (await this.#fits(candidate))) return { value: candidate, source };
    }
    throw unknownResponse(this.#site, `declares items whose id ${JSON.stringify(String(id))} \`by\` does not find`);
  }

  async #fitting(seed: number): Promise<MockedValue> {
    const sample = sampleOf(this.#schema);
    if (sample !== undefined && (await this.#fits(sample.value))) return { value: sample.value, source: 'example' };
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        const value = new ValueGenerator(this.#schema, seed, attempt).value();
        const verdict = await this.#check(value);
        if (verdict.errors === undefined) return { value, source: 'generated' };
        const [first] = verdict.errors;
        reason = `no value was found that fits at ${first?.pointer || 'its root'}: it ${first?.detail ?? 'does not fit'}`;
      } catch (error) {
        if (!(error instanceof Unmockable)) throw error;
        reason = `${error.message} at #${error.pointer} of the schema`;
      }
    }
    throw unknownResponse(this.#site, `declares one that cannot be made: ${reason}`);
  }

  async #fits(value: unknown): Promise<boolean> {
    return (await this.#check(value)).errors === undefined;
  }
}

function idIn(item: unknown, by: (item: unknown) => unknown): string | undefined {
  try {
    return String(by(item));
  } catch {
    return undefined;
  }
}

/** The item as it is, and with the id in each of its members, those of its objects too. */
function* withId(item: unknown, id: unknown): Generator<unknown> {
  yield item;
  if (!isObject(item)) {
    yield typeof item === 'number' ? Number(id) : String(id);
    return;
  }
  for (const [name, value] of Object.entries(item)) {
    if (isObject(value)) for (const inner of withId(value, id)) yield { ...item, [name]: inner };
    else if (typeof value === 'number') yield { ...item, [name]: Number(id) };
    else if (typeof value === 'string') yield { ...item, [name]: String(id) };
  }
}
