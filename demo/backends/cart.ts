import { type Backend, startBackend } from './backend.ts';
import { PriceBook } from './price-book.ts';
import { findProduct } from './products.ts';
import { type BackendRequest, type BackendResponse, notFound } from './response.ts';

const MAX_CARTS = 1_000;
const MAX_QTY = 99;

interface Line {
  readonly productId: string;
  readonly name: string;
  /** In cents: the price when the product was added. */
  readonly price: number;
  readonly qty: number;
}

type Lines = ReadonlyMap<string, Line>;

export function startCart(prices = new PriceBook()): Promise<Backend> {
  const carts = new Carts(prices);
  return startBackend({
    name: 'cart',
    handlers: {
      'GET /carts/:id': ({ params }) => carts.view(params.id),
      'POST /carts/:id/items': request => carts.add(request),
      'DELETE /carts/:id/items/:productId': ({ params }) => carts.remove(params.id, params.productId),
    },
  });
}

class Carts {
  readonly #prices: PriceBook;
  readonly #carts = new Map<string, Lines>();

  constructor(prices: PriceBook) {
    this.#prices = prices;
  }

  view(id = ''): BackendResponse {
    const lines = [...(this.#carts.get(id)?.values() ?? [])].map(line => ({ ...line, sum: line.price * line.qty }));
    const count = lines.reduce((sum, line) => sum + line.qty, 0);
    const total = lines.reduce((sum, line) => sum + line.sum, 0);
    return { json: { id, lines, count, total } };
  }

  async add({ params: { id = '' }, json }: BackendRequest): Promise<BackendResponse> {
    const item = parseItem(await json());
    if (!item) return { status: 400, json: { error: `the body must be { productId, qty }, qty from 1 to ${MAX_QTY}` } };
    const product = findProduct(item.productId);
    if (!product) return notFound('product');
    const lines = this.#linesOf(id);
    const qty = Math.min(MAX_QTY, (lines.get(product.id)?.qty ?? 0) + item.qty);
    const price = this.#prices.priceOf(product.id) ?? product.price;
    this.#carts.set(id, new Map(lines).set(product.id, { productId: product.id, name: product.name, price, qty }));
    return { ...this.view(id), status: 201 };
  }

  remove(id = '', productId = ''): BackendResponse {
    const lines = new Map(this.#linesOf(id));
    if (lines.delete(productId)) this.#carts.set(id, lines);
    return this.view(id);
  }

  #linesOf(id: string): Lines {
    const [oldest] = this.#carts.keys();
    if (oldest !== undefined && this.#carts.size >= MAX_CARTS && !this.#carts.has(id)) this.#carts.delete(oldest);
    return this.#carts.get(id) ?? new Map();
  }
}

function parseItem(body: unknown): { productId: string; qty: number } | undefined {
  if (typeof body !== 'object' || body === null || !('productId' in body) || !('qty' in body)) return undefined;
  const { productId, qty } = body;
  if (typeof productId !== 'string' || typeof qty !== 'number') return undefined;
  return Number.isInteger(qty) && qty >= 1 && qty <= MAX_QTY ? { productId, qty } : undefined;
}
