import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import { accountIdOf } from './accounts.ts';
import { accountPage, PAGE_HEADERS, problemPage, SIGN_OUT_SCRIPT, signInPage } from './pages.ts';
import { createProvider } from './provider.ts';

export interface IdentityProvider {
  readonly issuer: string;
  /** The name and the secret of the shop there, made anew at each start. */
  readonly client: { readonly id: string; readonly secret: string };
  close(): Promise<void>;
}

const BODY_LIMIT = 4_096;

interface IdentityOptions {
  /** Default a free one. */
  readonly port?: number;
  /** The name of the gateway there. Default `lintel`. */
  readonly clientId?: string;
}

/**
 * Starts the identity provider on 127.0.0.1: another site than the shop at localhost, as in production.
 * @param origin of the shop.
 */
export async function startIdentity(
  origin: string,
  { port = 0, clientId = 'lintel' }: IdentityOptions = {},
): Promise<IdentityProvider> {
  const files = await staticFiles();
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => handle(request, response)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { id: clientId, secret: randomBytes(32).toString('hex') };
  const provider = await createProvider(issuer, { ...client, origin });
  const protocol = provider.callback();
  handle = (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const file = files.get(path);
    if (file !== undefined) response.writeHead(200, file.headers).end(file.text);
    else if (path.startsWith('/sign-in/')) void signIn(provider, request, response);
    else void protocol(request, response);
  };
  return {
    issuer,
    client,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface StaticFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function staticFiles(): Promise<ReadonlyMap<string, StaticFile>> {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const css = (text: string) => ({ headers: { 'Content-Type': 'text/css; charset=utf-8' }, text });
  return new Map<string, StaticFile>([
    ['/', { headers: PAGE_HEADERS, text: accountPage('/session/end') }],
    ['/base.css', css(await read('../web/styles/base.css'))],
    ['/page.css', css(await read('page.css'))],
    ['/sign-out.js', { headers: { 'Content-Type': 'text/javascript; charset=utf-8' }, text: SIGN_OUT_SCRIPT }],
  ]);
}

/** Shows the page of the sign-in, and takes its form. */
async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    // Rejects for a browser that has not begun this sign-in.
    const { uid } = await provider.interactionDetails(request, response);
    const action = `/sign-in/${uid}`;
    if (request.method !== 'POST') return show(response, 200, signInPage(action));
    const form = await formIn(request);
    const accountId = accountIdOf(form.get('suggested') ?? form.get('name') ?? '');
    if (accountId === undefined) return show(response, 422, signInPage(action, 'Please enter a name with a letter.'));
    await provider.interactionFinished(request, response, { login: { accountId } }, { mergeWithLastSubmission: false });
  } catch {
    show(response, 400, problemPage('This sign-in is over', 'Go back to the shop, and begin it again.'));
  }
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, PAGE_HEADERS).end(html);
}

async function formIn(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('the form is too large');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
