import { isIP } from 'node:net';

/** The information of one proxy about its client (RFC 7239 §4). */
export interface ForwardedElement {
  /** An IP address, `unknown`, or an obfuscated name. */
  readonly for: string;
  readonly host?: string | undefined;
  readonly proto?: string | undefined;
}

const PAIR = /[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)/y;

/** Parses the field. Undefined for a malformed one, which is not trusted in part. */
export function parseForwarded(value: string): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let pairs = new Map<string, string>();
  for (let at = 0; at < value.length; at = PAIR.lastIndex) {
    PAIR.lastIndex = at;
    const [, name, token, quoted, end] = PAIR.exec(value) ?? [];
    // RFC 7239 §4: each parameter occurs once per element.
    if (name === undefined || pairs.has(name.toLowerCase())) return undefined;
    pairs.set(name.toLowerCase(), token ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '');
    if (end === ';') continue;
    elements.push(elementOf(pairs));
    pairs = new Map();
  }
  return elements;
}

function elementOf(pairs: ReadonlyMap<string, string>): ForwardedElement {
  return { for: addressIn(pairs.get('for') ?? UNKNOWN), host: pairs.get('host'), proto: pairs.get('proto') };
}

/** The address of a node without brackets and port, or an obfuscated name (RFC 7239 §6.3); empty for anything else. */
export function addressIn(node: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\w+)?$/.exec(node) ?? [];
  const address = bracketed ?? plain ?? node;
  return isIP(address) !== 0 || HIDDEN_NAME.test(address) ? address : UNKNOWN;
}

/** An unknown node (RFC 7239 §6.2). */
export const UNKNOWN = 'unknown';
const HIDDEN_NAME = /^_[\w.-]+$/;

/** Formats one element; values that are no token are quoted, and IPv6 is in brackets (RFC 7239 §6). */
export function forwardedElement({ for: node, host, proto }: ForwardedElement): string {
  const pairs = [`for=${quotedIfNeeded(nodeName(node))}`];
  if (host !== undefined) pairs.push(`host=${quotedIfNeeded(host)}`);
  if (proto !== undefined) pairs.push(`proto=${quotedIfNeeded(proto)}`);
  return pairs.join(';');
}

function nodeName(node: string): string {
  const version = isIP(node);
  if (version === 6) return `[${node}]`;
  return version === 4 || HIDDEN_NAME.test(node) ? node : UNKNOWN;
}

function quotedIfNeeded(value: string): string {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
