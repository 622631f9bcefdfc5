import { type Backend, startBackend } from './backend.ts';
import { Carts, MAX_QTY } from './carts.ts';
import { OrderBook } from './orders.ts';
import type { PriceBook } from './price-book.ts';
import { findProduct } from './products.ts';
import { type BackendRequest, type BackendResponse, type Handlers, notFound } from './response.ts';
import { usersOf } from './users.ts';

/**
 * Carts of visitors, by an id that their browser made up, and of users, by their access token.
 * @param issuer the identity provider that signs the tokens.
 */
export function startCart(prices: PriceBook, issuer: string): Promise<Backend> {
  const carts = new Carts(prices);
  return startBackend({ name: 'cart', handlers: { ...forVisitors(carts), ...forUsers(carts, issuer) } });
}

const visitor = ({ params: { id = '' } }: BackendRequest): string => `visitor ${id}`;

function forVisitors(carts: Carts): Handlers {
  const view = (request: BackendRequest) => ({ ...carts.view(visitor(request)), id: request.params.id });
  return {
    'GET /carts/:id': request => ({ json: view(request) }),
    'POST /carts/:id/items': async request =>
      (await addItem(carts, visitor(request), request)) ?? { status: 201, json: view(request) },
    'DELETE /carts/:id/items/:productId': request => {
      carts.remove(visitor(request), request.params.productId ?? '');
      return { json: view(request) };
    },
  };
}

function forUsers(carts: Carts, issuer: string): Handlers {
  const orders = new OrderBook();
  const users = usersOf(issuer);
  const cartOf = (user: string) => `user ${user}`;
  const view = (user: string) => ({ ...carts.view(cartOf(user)), id: user });
  return {
    'GET /my/cart': users(user => ({ json: view(user) })),
    'POST /my/cart/items': users(
      async (user, request) => (await addItem(carts, cartOf(user), request)) ?? { status: 201, json: view(user) },
    ),
    'DELETE /my/cart/items/:productId': users((user, { params }) => {
      carts.remove(cartOf(user), params.productId ?? '');
      return { json: view(user) };
    }),
    'POST /my/cart/moves': users(async (user, { json }) => {
      const from = textIn(await json(), 'from');
      if (from === undefined) return { status: 400, json: { error: 'the body must be { from }' } };
      carts.move(`visitor ${from}`, cartOf(user));
      return { json: view(user) };
    }),
    'GET /my/orders': users(user => ({ json: { orders: orders.of(user) } })),
    'POST /my/orders': users(user => {
      const cart = view(user);
      if (cart.count === 0) return { status: 409, json: { error: 'the cart is empty' } };
      carts.empty(cartOf(user));
      return { status: 201, json: orders.place(user, cart) };
    }),
  };
}

/** Adds what the body names, or responds with what is wrong about it. */
async function addItem(carts: Carts, id: string, { json }: BackendRequest): Promise<BackendResponse | undefined> {
  const item = parseItem(await json());
  if (!item) return { status: 400, json: { error: `the body must be { productId, qty }, qty from 1 to ${MAX_QTY}` } };
  const product = findProduct(item.productId);
  if (!product) return notFound('product');
  carts.add(id, product, item.qty);
  return undefined;
}

function parseItem(body: unknown): { productId: string; qty: number } | undefined {
  const productId = textIn(body, 'productId');
  if (productId === undefined || typeof body !== 'object' || body === null || !('qty' in body)) return undefined;
  const { qty } = body;
  if (typeof qty !== 'number') return undefined;
  return Number.isInteger(qty) && qty >= 1 && qty <= MAX_QTY ? { productId, qty } : undefined;
}

function textIn(body: unknown, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
