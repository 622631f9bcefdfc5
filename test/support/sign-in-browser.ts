import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';

/** A response with its body read. */
export interface PageView {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Visit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** Whether redirects, and pages that lead on by `Refresh`, are followed. Default true. */
  readonly follow?: boolean;
}

/**
 * A browser as far as a sign-in needs one: cookies by host, redirects, `Refresh`, forms. It sends every cookie of a host;
 * what `SameSite` does is shown in Chromium.
 */
export class SignInBrowser {
  /** By host and name. */
  readonly cookies = new Map<string, Map<string, string>>();
  #isOver: (url: string) => boolean = () => false;

  /** The same browser, which does not follow to addresses for which `isOver` is true. */
  watching(isOver: (url: string) => boolean): SignInBrowser {
    const watched = new SignInBrowser();
    for (const [host, jar] of this.cookies) watched.cookies.set(host, jar);
    const jars = this.cookies;
    watched.cookies.set = (host, jar) => {
      jars.set(host, jar);
      return Map.prototype.set.call(watched.cookies, host, jar) as Map<string, Map<string, string>>;
    };
    watched.#isOver = isOver;
    return watched;
  }

  async visit(url: string, { follow = true, ...visit }: Visit = {}): Promise<PageView> {
    let view = await this.#send(url, visit);
    for (let hops = 0; follow && hops < 12; hops++) {
      const next = view.headers.get('location') ?? view.headers.get('refresh')?.replace(/^0;url=/, '');
      if (next === undefined || this.#isOver(new URL(next, view.url).href)) break;
      view = await this.#send(new URL(next, view.url).href, NAVIGATION);
    }
    return view;
  }

  /** Fills in the pages of the provider until the browser is back. */
  async signIn(url: string, name: string): Promise<PageView> {
    let view = await this.visit(url, NAVIGATION);
    for (let pages = 0; pages < 4; pages++) {
      const form = formIn(view);
      if (form === undefined) break;
      if (form.fields.has('login')) {
        form.fields.set('login', name);
        form.fields.set('password', 'any');
      }
      view = await this.visit(form.action, {
        method: 'POST',
        headers: { ...NAVIGATION.headers, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.fields.toString(),
      });
    }
    return view;
  }

  cookiesOf(url: string): ReadonlyMap<string, string> {
    return this.#jar(url);
  }

  /** The same cookies in another browser: a stolen copy. */
  copy(): SignInBrowser {
    const copy = new SignInBrowser();
    for (const [host, jar] of this.cookies) copy.cookies.set(host, new Map(jar));
    return copy;
  }

  async #send(url: string, { method = 'GET', headers = {}, body }: Visit): Promise<PageView> {
    const jar = this.#jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    // `fetch` writes a Sec-Fetch-Mode of its own.
    const response = await request(url, {
      method: method as Dispatcher.HttpMethod,
      headers: { ...headers, ...(cookie === '' ? {} : { Cookie: cookie }) },
      body: body ?? null,
    });
    const fields = new Headers();
    for (const [name, value] of Object.entries(response.headers))
      for (const each of [value ?? []].flat()) fields.append(name, each);
    for (const line of fields.getSetCookie()) keep(jar, line);
    return { url, status: response.statusCode, headers: fields, text: await response.body.text() };
  }

  #jar(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }
}

export const NAVIGATION = { headers: { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none', Accept: 'text/html' } };

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map(part => part.trim());
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals);
  const isGone = attributes.some(each => /^max-age=0$/i.test(each) || /^expires=Thu, 01 Jan 1970/i.test(each));
  if (isGone) jar.delete(name);
  else jar.set(name, pair.slice(equals + 1));
}

function formIn({ text, url }: PageView): { readonly action: string; readonly fields: URLSearchParams } | undefined {
  const form = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(text);
  if (form === null) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of (form[2] ?? '').matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]+)"/.exec(input)?.[1];
    if (name !== undefined) fields.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  return { action: new URL(form[1] ?? '', url).href, fields };
}
