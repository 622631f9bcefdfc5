// Type tests of the public API: they pass if `tsc` reports nothing for this file, which is never run.
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type as arktype } from 'arktype';
import Type, { type Static, type TSchema } from 'typebox';
import * as v from 'valibot';
import * as z from 'zod';
import type { RouteClient } from '../../src/client/index.ts';
import {
  type Context,
  type ContractOf,
  defineDefaults,
  defineGateway,
  defineRoute,
  defineService,
  type Infer,
  type PartId,
  type PartResponse,
  type PathParams,
  type TypeOnly,
  type,
} from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_Proof extends true>(): void {}

const catalog = defineService('catalog', { targets: ['http://127.0.0.1:4001'] });
const stock = defineService('stock', { targets: { env: 'STOCK_TARGETS' }, concurrency: false });
defineService('orders', { targets: ['http://127.0.0.1:4002'], concurrency: 'adaptive' });
defineService('spread', {
  targets: ['http://a', { url: 'http://b', weight: 2, max: 50 }],
  balance: { hash: { cookie: 'sid' } },
  ejection: { failures: 3 },
  slowStart: false,
  health: '/readyz',
  canary: { targets: { dns: 'catalog.internal:4001' }, share: '5%', header: 'x-canary' },
  mirror: { to: catalog, share: '10%' },
});
defineService('found', { targets: async signal => (signal.aborted ? [] : ['http://a']) });
defineService('asked', { targets: { find: () => [{ url: 'http://a' }], interval: '1m' } });
// @ts-expect-error unknown load balancing policy
defineService('misread', { targets: ['http://a'], balance: 'fastest' });
// @ts-expect-error a hash key is either a header or a cookie
defineService('misread', { targets: ['http://a'], balance: { hash: { query: 'id' } } });
// @ts-expect-error unknown limit
defineService('misread', { targets: ['http://127.0.0.1:4002'], concurrency: 'adaptiv' });

// The path determines the params.
holds<Equal<PathParams<'/users/[id]/posts/[...rest]'>, { id: string; rest: string[] }>>();
holds<Equal<PathParams<'/p/[id=int]/[[lang]]'>, { id: string; lang?: string }>>();
holds<Equal<PathParams<'/[[...all]]'>, { all?: string[] }>>();
holds<Equal<PathParams<'/plain'>, Record<never, never>>>();

// A schema of any library determines the type.
const Product = Type.Object({ name: Type.String(), price: Type.Number() });
interface Zodlike<T> {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: T } };
}
holds<Equal<Infer<typeof Product>, { name: string; price: number }>>();
holds<Equal<Infer<TypeOnly<{ a: 1 }>>, { a: 1 }>>();
holds<Equal<Infer<Zodlike<Date>>, Date>>();
holds<Equal<Infer<{ readonly type: 'string' }>, string>>();

// Every kind of TypeBox gives its own type, also below another kind.
type AsTypeBox<S extends TSchema> = Equal<Infer<S>, Static<S>>;
const Kinds = Type.Object({
  any: Type.Any(),
  array: Type.Array(Type.Union([Type.Literal('a'), Type.Literal(1)])),
  bigint: Type.BigInt(),
  boolean: Type.Boolean(),
  enum: Type.Enum(['x', 'y']),
  integer: Type.Integer(),
  intersect: Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.Number() })]),
  literal: Type.Literal('l'),
  never: Type.Optional(Type.Never()),
  null: Type.Null(),
  number: Type.Readonly(Type.Number()),
  object: Type.Object({ inner: Type.Optional(Type.String()) }),
  record: Type.Record(Type.String(), Type.Integer()),
  string: Type.String({ format: 'date' }),
  symbol: Type.Symbol(),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: TypeBox parses it.
  template: Type.TemplateLiteral('item-${number}'),
  tuple: Type.Tuple([Type.String(), Type.Number()]),
  undefined: Type.Undefined(),
  union: Type.Union([Type.String(), Type.Null()]),
  unknown: Type.Unknown(),
  unsafe: Type.Unsafe<Date>({}),
  void: Type.Void(),
});
const Tree = Type.Cyclic(
  { Node: Type.Object({ name: Type.String(), children: Type.Array(Type.Ref('Node')) }) },
  'Node',
);
holds<AsTypeBox<typeof Kinds>>();
holds<AsTypeBox<typeof Tree>>();
type OfKinds = (typeof Kinds)['properties'];
holds<Equal<{ [K in keyof OfKinds]: AsTypeBox<OfKinds[K]> }[keyof OfKinds], true>>();
holds<Equal<Infer<OfKinds['intersect']>, { a: string } & { b: number }>>();
holds<Equal<Infer<OfKinds['template']>, `item-${number}`>>();
holds<Equal<Infer<OfKinds['unsafe']>, Date>>();
defineRoute('/tree', {
  body: Tree,
  handler: c => {
    holds<Equal<typeof c.body, Static<typeof Tree>>>();
    return c.body.children[0]?.children[0]?.name;
  },
});

// Schemas type the context; values without a schema are text.
defineRoute('/items/[id]/[[lang]]', {
  handler: c => {
    holds<Equal<typeof c.params, { id: string; lang?: string }>>();
    holds<Equal<typeof c.query, URLSearchParams>>();
    holds<Equal<typeof c.body, unknown>>();
    return c.params.id;
  },
});
defineRoute('/items/[id]', {
  params: Type.Object({ id: Type.Integer() }),
  query: type<{ page: number }>(),
  body: Product,
  guard: c => (c.query.page > 1 ? { subject: c.body.name } : undefined),
  handler: c => {
    holds<Equal<typeof c, Context<{ id: number }, { page: number }, { name: string; price: number }>>>();
    return c.params.id;
  },
});
defineRoute({ handler: c => c.params.anything });

// A part's response is typed for parts that depend on it and for `reply`.
defineRoute('/page/[id]', {
  response: type<{ name: string; inStock: number | null }>(),
  aggregate: {
    product: { from: c => catalog`/items/${c.params.id}`, response: type<{ name: string; seller: string }>() },
    stock: { from: c => stock`/stock/${c.params.id}`, response: type<{ qty: number }>(), optional: true },
    seller: {
      dependsOn: ['product'],
      from: (_c, parts) => {
        holds<Equal<typeof parts, { product: { name: string; seller: string } }>>();
        return catalog`/sellers/${parts.product.seller}`;
      },
      response: type<{ city: string }>(),
      fallback: { city: 'unknown' },
    },
    plain: { from: catalog('/plain/[id]'), response: Product, breaker: {}, retry: false, timeout: '300ms' },
  },
  reply: parts => {
    holds<
      Equal<
        typeof parts,
        {
          product: { name: string; seller: string };
          stock: { qty: number } | undefined;
          seller: { city: string };
          plain: { name: string; price: number };
        }
      >
    >();
    return { name: parts.product.name, inStock: parts.stock?.qty ?? null };
  },
});

// A part with `each` is a map by id: exactly typed for `reply`, by any id for parts that depend on it.
defineRoute('/list/[id]', {
  aggregate: {
    list: { from: c => catalog`/list/${c.params.id}`, response: type<{ items: { id: string; price: number }[] }>() },
    maybe: { from: catalog`/maybe`, response: type<number>(), optional: true },
    stock: {
      dependsOn: ['list'],
      each: ({ list }) => list.items.map(({ id }) => id),
      batch: {
        from: (c, ids, { list }) => {
          holds<Equal<typeof ids, readonly PartId[]>>();
          return stock`/stock/${c.params.id}/${list.items.length}?ids=${ids.join(',')}`;
        },
        by: item => {
          holds<Equal<typeof item, { sku: string; qty: number }>>();
          return item.sku;
        },
        max: 50,
        items: 'items',
      },
      response: type<{ sku: string; qty: number }>(),
      method: 'POST',
      json: (_c, ids, { list }) => ({ ids: ids.map(String), of: list.items.length }),
      fallback: { sku: '', qty: 0 },
      optional: true,
    },
    price: {
      dependsOn: ['list'],
      each: ({ list }) => list.items.map(({ price }) => price),
      from: (_c, id, { list }) => {
        holds<Equal<typeof id, PartId>>();
        return catalog`/prices/${id}/${list.items.length}`;
      },
      concurrency: 8,
      response: Product,
    },
    sellers: {
      dependsOn: ['stock', 'maybe'],
      from: (_c, { stock, maybe }) => {
        holds<Equal<typeof stock, ReadonlyMap<PartId, { sku: string; qty: number }>>>();
        return catalog`/of/${stock.get('7')?.qty ?? maybe ?? 0}`;
      },
      response: type<string[]>(),
    },
    shops: {
      dependsOn: ['sellers'],
      each: ({ sellers }, c) => [...sellers, c.params.id],
      from: (_c, id) => catalog`/shops/${id}`,
      concurrency: 2,
      response: type<'shop'>(),
    },
  },
  reply: (parts, _c, responses) => {
    holds<Equal<typeof parts.stock, ReadonlyMap<string, { sku: string; qty: number }>>>();
    holds<Equal<typeof parts.price, ReadonlyMap<number, { name: string; price: number }>>>();
    holds<Equal<typeof parts.shops, ReadonlyMap<string, 'shop'>>>();
    holds<Equal<typeof parts.maybe, number | undefined>>();
    holds<Equal<typeof responses.list, PartResponse | undefined>>();
    return parts.stock.get(parts.list.items[0]?.id ?? '')?.qty ?? responses.list?.status;
  },
});
defineService('named', { targets: ['http://a'], pass: { headers: ['authorization'], cookies: ['sid'] } });

// Every form of a proxy.
defineRoute('/a', { proxy: catalog });
defineRoute('/a', { proxy: catalog('/b') });
defineRoute('/a', { proxy: 'http://127.0.0.1:4001/b' });
defineRoute('/a/[id]', {
  proxy: c => catalog`/b/${c.params.id}`,
  upgrade: false,
  allowedOrigins: ['https://a.example'],
  encodedSlashes: true,
  limits: { body: '10MB' },
});
defineRoute('/a', { redirect: { to: '/b', status: 308 } });
defineRoute('/[...file]', { static: { dir: 'public', spa: 'index.html' } });
defineDefaults({
  cache: { ttl: '1m' },
  host: ['a.example'],
  guard: c => (c.cookies.id ? undefined : { subject: 'x' }),
});
defineGateway({
  trustedProxies: ['10.0.0.0/8'],
  strippedRequestHeaders: ['x-tenant'],
  cache: { memory: '64MB' },
  limits: { body: '2MB' },
});

// Invalid definitions.
// @ts-expect-error the path has no such param
defineRoute('/a/[id]', { handler: c => c.params.other });
// @ts-expect-error unknown duration unit
defineRoute('/a', { proxy: catalog, cache: { ttl: '5 minutes' } });
// @ts-expect-error a number has no unit
defineRoute('/a', { proxy: catalog, timeout: 30 });
// @ts-expect-error a share is a percentage
defineRoute('/a', { proxy: catalog, breaker: { errorRate: 0.5 } });
// @ts-expect-error a misspelt option
defineRoute('/a', { proxi: catalog });
// @ts-expect-error a misspelt option of a policy
defineRoute('/a', { proxy: catalog, cache: { tll: '1s' } });
// @ts-expect-error a fallback fits the response
defineRoute('/a', { proxy: catalog, response: type<{ items: string[] }>(), fallback: { items: 1 } });
// @ts-expect-error a handler returns its response type
defineRoute('/a', { response: type<{ n: number }>(), handler: () => ({ n: 'one' }) });
// @ts-expect-error a guard returns a rejection, a subject or nothing
defineRoute('/a', { proxy: catalog, guard: () => true });
// @ts-expect-error a redirect has one of five statuses
defineRoute('/a', { redirect: { to: '/b', status: 200 } });
defineRoute('/a', {
  proxy: catalog,
  hedge: { after: '50ms', max: '2%' },
  priority: 'bulk',
  breaker: { slowCall: '1s' },
});
// @ts-expect-error there are four priorities
defineRoute('/a', { proxy: catalog, priority: 'highest' });
// @ts-expect-error a share is a percentage
defineRoute('/a', { proxy: catalog, hedge: { max: 0.05 } });
defineService('x', {
  targets: [{ url: 'http://a', weight: 2, max: 5 }, 'http://b'],
  balance: { hash: { cookie: 'sid' } },
});
defineService('x', { targets: { dns: 'catalog.internal:4001' }, health: '/readyz', slowStart: false, ejection: false });
defineService('x', { targets: () => Promise.resolve(['http://a']), mirror: { to: catalog, share: '10%' } });
// @ts-expect-error a hash needs a key
defineService('x', { targets: ['http://a'], balance: 'hash' });
// @ts-expect-error a service has targets
defineService('x', {});
// @ts-expect-error a pattern is a path
catalog('items');
// @ts-expect-error a size has a unit
defineGateway({ limits: { body: '1' } });
// @ts-expect-error cookies are named one by one
defineService('x', { targets: ['http://a'], pass: { cookies: true } });
defineRoute('/a', {
  aggregate: {
    // @ts-expect-error a batch has a limit
    a: { each: () => ['1'], batch: { from: () => stock`/s`, by: (s: string) => s }, response: type<string>() },
  },
  reply: () => 1,
});
defineRoute('/a', {
  aggregate: { a: { each: () => ['1'], from: () => stock`/s`, concurrency: 1, response: type<string>() } },
  // @ts-expect-error the ids are texts
  reply: ({ a }) => a.get(1),
});
// @ts-expect-error a part needs a response
defineRoute('/a', { aggregate: { a: { from: catalog('/x') } }, reply: parts => parts });
defineRoute('/a', {
  aggregate: {
    a: { from: catalog('/x'), response: type<{ id: string }>() },
    // @ts-expect-error b did not declare dependsOn: ['a']
    b: { from: (_c, parts) => catalog`/${parts.a.id}`, response: type<1>() },
  },
  reply: parts => parts.b,
});
defineRoute('/a', {
  aggregate: {
    // @ts-expect-error unknown part
    b: { dependsOn: ['nobody'], from: catalog('/x'), response: type<1>() },
  },
  reply: parts => parts.b,
});
defineRoute('/a', {
  aggregate: { a: { from: catalog('/x'), response: type<{ id: string }>(), optional: true } },
  // @ts-expect-error an optional part may be missing
  reply: parts => parts.a.id,
});
defineRoute('/a', {
  response: type<{ n: number }>(),
  aggregate: { a: { from: catalog('/x'), response: type<{ s: string }>() } },
  // @ts-expect-error the reply does not fit the response
  reply: parts => ({ n: parts.a.s }),
});

// The contract of a route, for its clients.
const computed = defineRoute('/a/[id]', {
  handler: c => ({
    id: c.params.id,
    at: new Date(),
    count: 1n,
    maybe: undefined as string | undefined,
    list: [{ at: new Date() }],
    method: () => 1,
  }),
});
type Computed = ContractOf<typeof computed, '/a/[id]'>;
holds<Equal<Computed['params'], { id: string }>>();
holds<Equal<Computed['query'], unknown>>();
holds<Equal<Computed['body'], unknown>>();
holds<Equal<Computed['response'], { id: string; at: string; count: number; maybe?: string; list: { at: string }[] }>>();

const checked = defineRoute({
  params: Type.Object({ id: Type.Integer() }),
  query: Type.Object({ page: Type.Optional(Type.Integer()) }),
  body: Type.Object({ text: Type.String() }),
  handler: async c => (c.params.id > 1 ? { kind: c.body.text } : undefined),
});
type Checked = ContractOf<typeof checked, '/a/[id]'>;
holds<Equal<Checked['params'], { id: number }>>();
holds<Equal<Checked['query'], { page?: number }>>();
holds<Equal<Checked['body'], { text: string }>>();
holds<Equal<Checked['response'], { kind: string } | undefined>>();

const joined = defineRoute({
  aggregate: {
    a: { from: catalog('/a'), response: type<{ id: string }>() },
    b: { from: catalog('/b'), response: type<string[]>(), optional: true },
    c: { from: (_c, { a }) => catalog`/c/${a.id}`, dependsOn: ['a'], response: type<{ n: 1 }>() },
  },
  reply: ({ a, b, c }) => ({ a, list: b, n: c.n }),
});
holds<Equal<ContractOf<typeof joined, '/a'>['response'], { a: { id: string }; list?: string[]; n: 1 }>>();

const promising = defineRoute({ proxy: catalog, response: type<{ at: Date }>() });
holds<Equal<ContractOf<typeof promising, '/a'>['response'], { at: string }>>();
const open = defineRoute({ proxy: catalog });
holds<Equal<ContractOf<typeof open, '/a'>['response'], unknown>>();
const own = defineRoute({ handler: () => new Response('x') });
holds<Equal<ContractOf<typeof own, '/a'>['response'], unknown>>();
const text = defineRoute({ handler: () => String(1) });
holds<Equal<ContractOf<typeof text, '/a'>['response'], string>>();
const nothing = defineRoute({ handler: () => undefined });
holds<Equal<ContractOf<typeof nothing, '/a'>['response'], undefined>>();

// A Standard Schema takes its input and gives its output: in a request to the route, in a response to the client.
const Order = z.object({ qty: z.number().default(1), day: z.string().transform(text => new Date(text)) });
const Named = arktype({ name: 'string' });
const Paged = toStandardJsonSchema(v.object({ page: v.optional(v.number(), 1) }));
holds<Equal<Infer<typeof Order>, { qty: number; day: Date }>>();
holds<Equal<Infer<typeof Named>, { name: string }>>();
holds<Equal<Infer<typeof Paged>, { page: number }>>();
defineRoute('/orders', {
  body: Order,
  query: Paged,
  response: Order,
  handler: c => {
    holds<Equal<typeof c.body, { qty: number; day: Date }>>();
    holds<Equal<typeof c.query, { page: number }>>();
    return { day: '2026-11-29' };
  },
  fallback: { qty: 1, day: new Date(0) },
});
const ordered = defineRoute({ body: Order, query: Paged, response: Order, proxy: catalog });
holds<Equal<ContractOf<typeof ordered, '/a'>['body'], { qty?: number | undefined; day: string }>>();
holds<Equal<ContractOf<typeof ordered, '/a'>['query'], { page?: number | undefined }>>();
holds<Equal<ContractOf<typeof ordered, '/a'>['response'], { qty: number; day: string }>>();
// @ts-expect-error the schema reads a text, and makes a Date of it
defineRoute('/orders', { response: Order, handler: () => ({ day: new Date() }) });
defineRoute('/sum', {
  aggregate: { order: { from: catalog('/order'), response: Order } },
  reply: ({ order }) => {
    holds<Equal<typeof order, { qty: number; day: Date }>>();
    return { day: order.day.toISOString() };
  },
  response: Order,
});
// What only describes itself converts nothing.
declare const described: {
  readonly '~standard': {
    readonly types?: { readonly input: { a?: string }; readonly output: { a: string } };
    readonly jsonSchema: unknown;
  };
};
defineRoute('/described', {
  body: described,
  response: described,
  handler: c => {
    holds<Equal<typeof c.body, { a?: string }>>();
    return { a: c.body.a ?? '' };
  },
});
// @ts-expect-error a response has the output type
defineRoute('/described', { response: described, handler: () => ({}) });
// A file of a form.
defineRoute('/upload', {
  body: Type.Object({ doc: Type.Unsafe<File>({ type: 'string', format: 'binary' }) }),
  handler: c => {
    holds<Equal<typeof c.body, { doc: File }>>();
    return { size: c.body.doc.size };
  },
});

// A function may return the values that a schema lists, without `as const`.
const State = Type.Union([
  Type.Object({ kind: Type.Literal('open') }),
  Type.Object({ kind: Type.Literal('closed'), at: Type.String() }),
]);
defineRoute({ response: State, handler: () => ({ kind: 'open' }) });
defineRoute({ response: State, handler: async c => ({ kind: 'closed', at: c.id }) });
defineRoute({
  response: State,
  aggregate: { a: { from: catalog('/a'), response: type<1>() } },
  reply: () => ({ kind: 'open' }),
});
defineRoute({
  response: { type: 'object', required: ['kind'], properties: { kind: { enum: ['a', 'b'] } } } as const,
  handler: () => ({ kind: 'a' }),
});
// @ts-expect-error not one of them
defineRoute({ response: State, handler: () => ({ kind: 'ajar' }) });
// @ts-expect-error an unknown value may be anything
defineRoute({ response: State, handler: async () => (await fetch('http://a')).json() });
const listed = defineRoute({ handler: c => (c.id === '' ? { kind: 'none' } : { kind: 'some', ids: [c.id] }) });
holds<Equal<ContractOf<typeof listed, '/a'>['response'], { kind: 'none' } | { kind: 'some'; ids: string[] }>>();

// A streamed aggregate, for its clients.
const streamed = defineRoute('/page/[id]', {
  stream: true,
  aggregate: {
    product: { from: c => catalog`/p/${c.params.id}`, response: type<{ name: string; at: Date }>() },
    seller: { from: catalog('/s'), response: type<string>(), optional: true },
    stock: {
      dependsOn: ['product'],
      each: ({ product }) => [product.name],
      from: (_c, id) => catalog`/stock/${id}`,
      concurrency: 4,
      response: type<{ qty: number }>(),
    },
  },
});
type StreamedLine = ContractOf<typeof streamed, '/page/[id]'>['lines'];
type ValueOfLine<Name, L = StreamedLine> = L extends { readonly part: Name; readonly value: infer V } ? V : never;
holds<Equal<StreamedLine['part'], 'product' | 'seller' | 'stock'>>();
holds<Equal<ValueOfLine<'product'>, { name: string; at: string }>>();
holds<Equal<ValueOfLine<'seller'>, string>>();
holds<Equal<ValueOfLine<'stock'>, [id: string, item: { qty: number }][]>>();
holds<Equal<Extract<StreamedLine, { readonly part: 'product'; readonly absent: string }>, never>>();
holds<Equal<ContractOf<typeof joined, '/a'>['lines'], never>>();

// The client reads it by its parts, and no other route.
interface StreamedRoutes {
  'GET /page/[id]': ContractOf<typeof streamed, '/page/[id]'>;
  'GET /a': ContractOf<typeof joined, '/a'>;
}
async function read(call: RouteClient<StreamedRoutes>): Promise<void> {
  for await (const { part, value, absent, fallback } of call.stream('GET /page/[id]', { params: { id: 1 } })) {
    if (part === 'product') holds<Equal<typeof value, { name: string; at: string }>>();
    if (part === 'seller') holds<Equal<typeof value, string | undefined>>();
    if (part === 'seller' && absent === undefined) holds<Equal<typeof value, string>>();
    if (part === 'stock') holds<Equal<typeof value, [id: string, item: { qty: number }][]>>();
    holds<Equal<typeof fallback, true | undefined>>();
  }
  // @ts-expect-error the params are those of the route
  call.stream('GET /page/[id]');
  // @ts-expect-error a route that is one response
  call.stream('GET /a');
}
void read;
