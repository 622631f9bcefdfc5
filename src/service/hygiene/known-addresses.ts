import type { Client } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';

/** A machine whose address nobody may learn. */
interface Known {
  readonly target: Target;
}

const MOST_GONE = 64;

/** Where the backends are: what no answer may tell a browser. One for the whole gateway, so that no service gives another one away. */
export class KnownAddresses {
  readonly #lists = new Map<object, readonly Known[]>();
  /** Those that left last: their answers may still be on their way. */
  #gone: readonly Known[] = [];
  readonly #authorities = new Set<string>();
  readonly #hosts = new Set<string>();
  readonly #ports = new Set<string>();
  #mention = /(?!)/g;
  #port = /(?!)/g;

  /** @param group whose machines they are: they take the place of those that it had before, so that machines which come and go do not add up. */
  add(machines: readonly Known[], group: object): void {
    const left = (this.#lists.get(group) ?? []).filter(each => !machines.includes(each));
    this.#gone = [...this.#gone, ...left].slice(-MOST_GONE);
    this.#lists.set(group, machines);
    for (const set of [this.#authorities, this.#hosts, this.#ports]) set.clear();
    for (const { target } of [...this.#lists.values(), this.#gone].flat()) {
      const { origin, host: name } = target;
      this.#know(new URL(origin));
      if (name !== undefined) this.#know(new URL(`http://${name}`));
    }
    this.#compile();
  }

  #know({ host, hostname, port }: URL): void {
    this.#authorities.add(host.toLowerCase());
    this.#hosts.add(hostname.toLowerCase());
    if (port !== '') this.#ports.add(port);
  }

  #compile(): void {
    this.#mention = mentionOf(this.#hosts);
    const ports = [...this.#ports].join('|');
    // A number alone may be anything's.
    this.#port = new RegExp(ports === '' ? '(?!)' : `(?<=\\bports?\\W{1,4}|(?<!\\w):)(?:${ports})(?!\\d)`, 'gi');
  }

  /** Whether an authority of a URL is one of the machines, or another port of one. */
  isBackend(authority: string): boolean {
    const lower = authority.toLowerCase();
    if (this.#authorities.has(lower)) return true;
    const hostname = lower.replace(/:\d+$/, '');
    return !isLoopback(hostname) && this.#hosts.has(hostname);
  }

  /** A text in which the gateway stands wherever a backend was named. */
  hidden(text: string, client: Client | undefined): string {
    const named = text.replace(this.#mention, (found: string, ...groups: unknown[]) => {
      const { scheme, slashes, host, port } = groups.at(-1) as Mention;
      const plain = decoded(port ?? '');
      if (!this.gives(host, plain, slashes !== undefined, client)) return found;
      const name = plain === '' && slashes === undefined ? hostnameOf(client) : (client?.host ?? '');
      const encoded = found.includes('%');
      const front =
        scheme === undefined ? (slashes ?? '') : `${schemeFor(scheme, client)}${encoded ? '%3A' : ':'}${slashes ?? ''}`;
      return front + (encoded ? encodeURIComponent(name) : name);
    });
    return named.replace(this.#port, () => portOf(client));
  }

  /** What of a text would tell where a backend is; undefined for nothing. */
  mentionIn(text: string, client: Client | undefined): string | undefined {
    for (const match of text.matchAll(this.#mention)) {
      const { slashes, host = '', port = '' } = match.groups ?? {};
      if (this.gives(host, decoded(port), slashes !== undefined, client)) return match[0];
    }
    return text.match(this.#port)?.[0];
  }

  private gives(host: string, port: string, inUrl: boolean, client: Client | undefined): boolean {
    const lower = host.toLowerCase();
    if (port !== '') return this.isBackend(`${lower}${port}`);
    // A machine's own name for itself says nothing to somebody who asked for just that name.
    if (isLoopback(lower)) return !isLoopback(hostnameOf(client)) || (inUrl && this.#authorities.has(lower));
    // A name without a dot is a word as well, unless it stands in a URL.
    return lower !== hostnameOf(client) && (inUrl || /[.:]/.test(lower));
  }
}

interface Mention {
  readonly scheme: string | undefined;
  readonly slashes: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

/** In a URL or alone, plain or percent-encoded as a query value. */
function mentionOf(hosts: ReadonlySet<string>): RegExp {
  const names = [...hosts].sort((a, b) => b.length - a.length).map(host => RegExp.escape(host));
  const inUrl = '(?:(?<scheme>https?|wss?)(?::|%3A))?(?<slashes>\\/\\/|%2F%2F)';
  const alone = '(?<![\\w.-])|(?<=%[0-9A-F]{2})';
  const end = '(?<port>(?::|%3A)\\d+)?(?![\\w-]|\\.\\w)';
  return new RegExp(`(?:${inUrl}|${alone})(?<host>${names.join('|')})${end}`, 'gi');
}

function decoded(port: string): string {
  return port.replace(/^%3A/i, ':');
}

function hostnameOf(client: Client | undefined): string {
  return (client?.host ?? '').replace(/:\d+$/, '');
}

function portOf(client: Client | undefined): string {
  return /:(\d+)$/.exec(client?.host ?? '')?.[1] ?? (client?.protocol === 'https' ? '443' : '80');
}

function schemeFor(scheme: string, client: Client | undefined): string {
  const secure = client?.protocol === 'https';
  if (scheme.toLowerCase().startsWith('ws')) return secure ? 'wss' : 'ws';
  return secure ? 'https' : 'http';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
