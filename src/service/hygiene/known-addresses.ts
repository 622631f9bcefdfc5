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
  /** Made when somebody looks: a thousand services that are added one after the other make it once. */
  #patterns: Patterns | undefined;

  /** @param group whose machines they are: they take the place of those that it had before, so that machines which come and go do not add up. */
  add(machines: readonly Known[], group: object): void {
    const before = this.#lists.get(group);
    this.#lists.set(group, machines);
    this.#patterns = undefined;
    if (before === undefined) {
      this.#learn(machines);
      return;
    }
    this.#gone = [...this.#gone, ...before.filter(each => !machines.includes(each))].slice(-MOST_GONE);
    for (const set of [this.#authorities, this.#hosts, this.#ports]) set.clear();
    for (const list of [...this.#lists.values(), this.#gone]) this.#learn(list);
  }

  #learn(machines: readonly Known[]): void {
    for (const { target } of machines) {
      const { origin, host: name } = target;
      this.#know(new URL(origin));
      if (name !== undefined) this.#know(new URL(`http://${name}`));
    }
  }

  #know({ host, hostname, port }: URL): void {
    this.#authorities.add(host.toLowerCase());
    this.#hosts.add(hostname.toLowerCase());
    if (port !== '') this.#ports.add(port);
  }

  get #compiled(): Patterns {
    this.#patterns ??= { mention: mentionOf(this.#hosts), port: portPattern(this.#ports) };
    return this.#patterns;
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
    const { mention, port: portAlone } = this.#compiled;
    const named = text.replace(mention, (found: string, ...groups: unknown[]) => {
      const { scheme, slashes, host, port } = groups.at(-1) as Mention;
      const plain = decoded(port ?? '');
      if (!this.gives(host, plain, slashes !== undefined, client)) return found;
      const name = plain === '' && slashes === undefined ? hostnameOf(client) : (client?.host ?? '');
      const encoded = found.includes('%');
      const front =
        scheme === undefined ? (slashes ?? '') : `${schemeFor(scheme, client)}${encoded ? '%3A' : ':'}${slashes ?? ''}`;
      return front + (encoded ? encodeURIComponent(name) : name);
    });
    return named.replace(portAlone, () => portOf(client));
  }

  /** What of a text would tell where a backend is; undefined for nothing. */
  mentionIn(text: string, client: Client | undefined): string | undefined {
    const compiled = this.#compiled;
    for (const match of text.matchAll(compiled.mention)) {
      const { slashes, host = '', port = '' } = match.groups ?? {};
      if (this.gives(host, decoded(port), slashes !== undefined, client)) return match[0];
    }
    return text.match(compiled.port)?.[0];
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

interface Patterns {
  readonly mention: RegExp;
  readonly port: RegExp;
}

interface Mention {
  readonly scheme: string | undefined;
  readonly slashes: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

/** In a URL or alone, plain or percent-encoded as a query value. */
function mentionOf(hosts: ReadonlySet<string>): RegExp {
  if (hosts.size === 0) return /(?!)/g;
  const names = [...hosts].sort((a, b) => b.length - a.length).map(host => RegExp.escape(host));
  const inUrl = '(?:(?<scheme>https?|wss?)(?::|%3A))?(?<slashes>\\/\\/|%2F%2F)';
  const alone = '(?<![\\w.-])|(?<=%[0-9A-F]{2})';
  const end = '(?<port>(?::|%3A)\\d+)?(?![\\w-]|\\.\\w)';
  return new RegExp(`(?:${inUrl}|${alone})(?<host>${names.join('|')})${end}`, 'gi');
}

// A number alone may be anything's.
function portPattern(ports: ReadonlySet<string>): RegExp {
  const any = [...ports].join('|');
  return new RegExp(any === '' ? '(?!)' : `(?<=\\bports?\\W{1,4}|(?<!\\w):)(?:${any})(?!\\d)`, 'gi');
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
