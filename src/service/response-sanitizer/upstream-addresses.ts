import type { Client } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';

/** A target whose address must not appear in responses. */
interface UpstreamAddress {
  readonly target: Target;
}

/** Targets that are added and removed together; compared by identity. */
export interface TargetGroup {
  /** Whether browsers use the addresses directly. */
  readonly isPublic: boolean;
}

const MAX_GONE = 64;

/**
 * The addresses of all backends, which no response may reveal. One for the whole gateway, so that no service reveals
 * another one.
 */
export class UpstreamAddresses {
  readonly #lists = new Map<TargetGroup, readonly UpstreamAddress[]>();
  /** Recently removed targets, whose responses may still be in flight. */
  #gone: readonly UpstreamAddress[] = [];
  readonly #hidden = new Addresses();
  /** Addresses of `public` services, which stay in responses even if another service uses the same host. */
  readonly #public = new Addresses();
  /** Built on first use, so that adding a thousand services builds it once. */
  #pattern: RegExp | undefined;

  /** @param group the group of these targets, which replace its earlier ones, so that changes do not accumulate. */
  add(targets: readonly UpstreamAddress[], group: TargetGroup): void {
    const before = this.#lists.get(group);
    this.#lists.set(group, targets);
    this.#pattern = undefined;
    if (before === undefined) {
      this.#addressesOf(group).add(targets);
      return;
    }
    if (!group.isPublic)
      this.#gone = [...this.#gone, ...before.filter(each => !targets.includes(each))].slice(-MAX_GONE);
    this.#hidden.clear();
    this.#public.clear();
    for (const [each, list] of this.#lists) this.#addressesOf(each).add(list);
    this.#hidden.add(this.#gone);
  }

  #addressesOf({ isPublic }: TargetGroup): Addresses {
    return isPublic ? this.#public : this.#hidden;
  }

  /**
   * Whether the authority of a URL is a target, or another port of a target's host.
   * @param publicHost the host of the request, without port: its other ports may belong to others.
   */
  isBackend(authority: string, publicHost: string): boolean {
    const { hostname, port } = splitAuthority(authority);
    if (this.#public.has(hostname, port)) return false;
    if (this.#hidden.has(hostname, port)) return true;
    return hostname !== publicHost && this.#owns(hostname);
  }

  /** Replaces every backend address in a text by the gateway's. */
  hidden(text: string, client: Client | undefined): string {
    return text.replace(this.#compiled, (found: string, ...pools: unknown[]) => {
      const mention = pools.at(-1) as Mention;
      if (!this.#tells(mention, client)) return found;
      const { scheme, slashes, port = '' } = mention;
      const name = port === '' && slashes === undefined ? hostnameOf(client) : (client?.host ?? '');
      const encoded = found.includes('%');
      const front =
        scheme === undefined ? (slashes ?? '') : `${schemeFor(scheme, client)}${encoded ? '%3A' : ':'}${slashes ?? ''}`;
      return front + (encoded ? encodeURIComponent(name) : name);
    });
  }

  /** The first backend address in a text; undefined for none. */
  mentionIn(text: string, client: Client | undefined): string | undefined {
    for (const match of text.matchAll(this.#compiled)) {
      if (this.#tells(match.groups as unknown as Mention, client)) return match[0];
    }
    return undefined;
  }

  get #compiled(): RegExp {
    this.#pattern ??= mentionOf(this.#hidden.names);
    return this.#pattern;
  }

  #tells({ host, port, slashes }: Mention, client: Client | undefined): boolean {
    const authority = host + (port ?? '').replace(/^%3A/i, ':');
    const inUrl = slashes !== undefined;
    // Only a host with a port is an address. A word, a number or a version alone may mean anything.
    if (port !== undefined || inUrl) return this.isBackend(authority, hostnameOf(client));
    const hostname = host.toLowerCase();
    return /[.:]/.test(hostname) && hostname !== hostnameOf(client) && this.#owns(hostname);
  }

  /** Whether a host serves only backends, as far as known. Loopback addresses serve everything on the host. */
  #owns(hostname: string): boolean {
    return this.#hidden.hosts.has(hostname) && !isLoopback(hostname) && !this.#public.hosts.has(hostname);
  }
}

/** Hosts and authorities, each in one spelling. */
class Addresses {
  readonly hosts = new Set<string>();
  readonly #authorities = new Set<string>();

  add(targets: readonly UpstreamAddress[]): void {
    for (const { target } of targets) {
      const { origin, host: name } = target;
      this.#learn(new URL(origin));
      if (name !== undefined) this.#learn(new URL(`http://${name}`));
    }
  }

  clear(): void {
    this.hosts.clear();
    this.#authorities.clear();
  }

  /** @param port '' for the scheme's default. */
  has(hostname: string, port: string): boolean {
    const place = placeOf(hostname);
    return (port === '' ? DEFAULT_PORTS : [port]).some(each => this.#authorities.has(`${place}:${each}`));
  }

  /** All names of the hosts. */
  get names(): readonly string[] {
    const isAliased = [...this.hosts].some(host => placeOf(host) === LOOPBACK);
    return isAliased ? [...new Set([...this.hosts, ...LOOPBACK_NAMES])] : [...this.hosts];
  }

  #learn({ hostname, port, protocol }: URL): void {
    const lower = hostname.toLowerCase();
    this.hosts.add(lower);
    this.#authorities.add(`${placeOf(lower)}:${port || (protocol === 'https:' ? '443' : '80')}`);
  }
}

interface Mention {
  readonly scheme: string | undefined;
  readonly slashes: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

const DEFAULT_PORTS = ['80', '443'];
const LOOPBACK = 'loopback';
// Equivalent names of this host; many programs print `0.0.0.0`.
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'];

/** In a URL or alone, plain or percent-encoded as a query value. */
function mentionOf(hosts: readonly string[]): RegExp {
  if (hosts.length === 0) return /(?!)/g;
  const names = [...hosts].sort((a, b) => b.length - a.length).map(host => RegExp.escape(host));
  const inUrl = '(?:(?<scheme>https?|wss?)(?::|%3A))?(?<slashes>\\/\\/|%2F%2F)';
  const alone = '(?<![\\w.-])|(?<=%[0-9A-F]{2})';
  const end = '(?<port>(?::|%3A)\\d+)?(?![\\w-]|\\.\\w)';
  return new RegExp(`(?:${inUrl}|${alone})(?<host>${names.join('|')})${end}`, 'gi');
}

function splitAuthority(authority: string): { readonly hostname: string; readonly port: string } {
  const [, hostname = '', port = ''] = /^(?:.*@)?(.*?)(?::(\d*))?$/s.exec(authority.toLowerCase()) ?? [];
  return { hostname, port: port.replace(/^0+(?=\d)/, '') };
}

/** The host of the request without its port. */
export function hostnameOf(client: Client | undefined): string {
  return (client?.host ?? '').replace(/:\d+$/, '');
}

function schemeFor(scheme: string, client: Client | undefined): string {
  const secure = client?.protocol === 'https';
  if (scheme.toLowerCase().startsWith('ws')) return secure ? 'wss' : 'ws';
  return secure ? 'https' : 'http';
}

function placeOf(hostname: string): string {
  return LOOPBACK_NAMES.includes(hostname) ? LOOPBACK : hostname;
}

function isLoopback(hostname: string): boolean {
  return LOOPBACK_NAMES.includes(hostname) || hostname.startsWith('127.');
}
