import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface DnsRecord {
  /** An address, or `priority weight port target`. */
  readonly data: string;
  readonly ttlSeconds?: number;
}

const TYPES: Readonly<Record<number, 'A' | 'AAAA' | 'SRV'>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };

/**
 * A real DNS server (RFC 1035) on a free port of 127.0.0.1. The test sets its records; a name without records does not
 * exist.
 */
export class TestDnsServer implements AsyncDisposable {
  readonly records = new Map<string, readonly DnsRecord[]>();
  /** Whether it does not respond at all. */
  hangs = false;
  readonly asked: string[] = [];
  readonly #socket = createSocket('udp4');

  static async start(): Promise<TestDnsServer> {
    const server = new TestDnsServer();
    server.#socket.on('message', (request, from) => server.#response(request, from));
    await new Promise<void>(resolve => server.#socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise(resolve => this.#socket.close(() => resolve()));
  }

  #response(request: Buffer, { port, address }: RemoteInfo): void {
    const labels: string[] = [];
    let at = 12;
    for (let length = request[at] ?? 0; length > 0; length = request[at] ?? 0) {
      labels.push(request.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.').toLowerCase();
    const type = TYPES[request.readUInt16BE(at + 1)];
    this.asked.push(`${type} ${name}`);
    if (this.hangs) return;
    const known = this.records.get(name);
    const responses = (known ?? []).filter(({ data }) => typeOf(data) === type).map(recordOf);
    const head = Buffer.from(request.subarray(0, 12));
    // A response with recursion available, or NXDOMAIN for an unknown name.
    head.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(responses.length, 6);
    head.writeUInt32BE(0, 8);
    this.#socket.send(Buffer.concat([head, request.subarray(12, at + 5), ...responses]), port, address);
  }
}

function typeOf(data: string): 'A' | 'AAAA' | 'SRV' {
  if (data.includes(' ')) return 'SRV';
  return isIPv6(data) ? 'AAAA' : 'A';
}

function recordOf({ data, ttlSeconds = 1 }: DnsRecord): Buffer {
  const bytes = bytesOf(data);
  const head = Buffer.alloc(12);
  // A pointer to the name in the query.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE({ A: 1, AAAA: 28, SRV: 33 }[typeOf(data)], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function bytesOf(data: string): Buffer {
  const [priority, weight, port, name] = data.split(' ');
  if (name !== undefined) {
    const numbers = Buffer.alloc(6);
    for (const [i, number] of [priority, weight, port].entries()) numbers.writeUInt16BE(Number(number), 2 * i);
    const labels = name.split('.').filter(label => label !== '');
    const parts = labels.flatMap(label => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
    return Buffer.concat([numbers, ...parts, Buffer.from([0])]);
  }
  if (!isIPv6(data)) return Buffer.from(data.split('.').map(Number));
  const [before = '', after = ''] = data.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
  const zeros = new Array<number>(8 - groups(before).length - groups(after).length).fill(0);
  const all = [...groups(before), ...zeros, ...groups(after)];
  return Buffer.from(all.flatMap(group => [group >> 8, group & 255]));
}
