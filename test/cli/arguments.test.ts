import { describe, expect, it } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const refusal = (args: readonly string[], env: NodeJS.ProcessEnv = {}): string => {
  try {
    readCommand(args, env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the command line', () => {
  it('fills in the defaults', () => {
    expect(readCommand(['start'], {})).toEqual({
      name: 'start',
      dir: '.',
      json: false,
      listen: { port: 8080, host: '127.0.0.1' },
      admin: { host: '127.0.0.1', port: 9090 },
      mock: false,
      poll: false,
      workers: 0,
    });
    expect(readCommand(['check'], {})).toEqual({ name: 'check', dir: '.', json: false });
  });

  it('prefers a flag to the environment, and the environment to the default', () => {
    const env = { PORT: '81', HOST: '0.0.0.0', PORTICO_ADMIN_PORT: '91' };
    expect(readCommand(['start'], env)).toMatchObject({
      listen: { port: 81, host: '0.0.0.0' },
      admin: { host: '127.0.0.1', port: 91 },
    });
    const flags = ['--port', '82', '--host=::1', '--admin-port=0'];
    expect(readCommand(['start', ...flags], env)).toMatchObject({
      listen: { port: 82, host: '::1' },
      admin: { host: '127.0.0.1', port: 0 },
    });
  });

  it('treats an empty variable as unset', () => {
    expect(readCommand(['start'], { PORT: '', HOST: '' })).toMatchObject({ listen: { port: 8080, host: '127.0.0.1' } });
  });

  it('gives dev one worker, and start as many as requested', () => {
    expect(readCommand(['dev'], {})).toMatchObject({ workers: 1 });
    expect(readCommand(['start', '--workers', '1'], {})).toMatchObject({ workers: 1 });
  });

  it('compares with recordings in dev, and in start by a flag', () => {
    const recordings = (args: readonly string[]) => {
      const command = readCommand(args, {});
      return 'recordings' in command ? command.recordings : 'none';
    };
    expect(recordings(['start'])).toBeUndefined();
    expect(recordings(['start', '--drift', '1%'])).toEqual({ use: 'compare', folder: 'recordings', share: 0.01 });
    expect(recordings(['dev'])).toEqual({ use: 'compare', folder: 'recordings', share: 1 });
    expect(recordings(['dev', '--drift', '0%'])).toBeUndefined();
    expect(recordings(['dev', '--replay', '--recordings', 'r'])).toEqual({ use: 'replay', folder: 'r' });
    expect(refusal(['start', '--recordings', 'r'])).toContain('--drift 1%');
    expect(refusal(['dev', '--replay', '--drift', '1%'])).toContain('leave one of them out');
    for (const share of ['1', '101%', '-1%', 'x%']) expect(refusal(['dev', `--drift=${share}`])).toContain('like 1%');
  });

  it('takes no port from the variables that Kubernetes sets for a Service', () => {
    const env = { PORTICO_ADMIN_PORT: 'tcp://10.0.0.31:9090', PORT: 'udp://10.0.0.31:53' };
    expect(readCommand(['start'], env)).toMatchObject({ listen: { port: 8080 }, admin: { port: 9090 } });
    expect(readCommand(['purge', '--all'], env)).toMatchObject({ admin: { port: 9090 } });
    expect(refusal(['start', '--admin-port', 'tcp://10.0.0.31:9090'])).toContain('--admin-port is a whole number');
  });

  it('records in one process', () => {
    const args = ['record', '--redact', 'iban', '--redact=pan', '--keep-header', 'x-tenant'];
    expect(readCommand(args, {})).toMatchObject({
      name: 'record',
      workers: 0,
      recordings: { use: 'record', folder: 'recordings', share: 1, redact: ['iban', 'pan'], keepHeaders: ['x-tenant'] },
    });
    expect(refusal(['record', '--workers', '2'])).toContain('has no --workers');
    expect(refusal(['start', '--replay'])).toContain('belongs to dev');
  });

  it('listens on a Unix socket instead of a port', () => {
    expect(readCommand(['start', '--listen', 'unix:/tmp/p.sock'], { PORT: '80' })).toMatchObject({
      listen: { path: '/tmp/p.sock' },
    });
    expect(refusal(['start', '--listen', 'unix:/tmp/p.sock', '--port', '1'])).toContain('choose one');
    expect(refusal(['start', '--listen', '/tmp/p.sock'])).toContain('unix:');
  });

  it('reads a session command, also with an id that looks like a flag', () => {
    const read = (...args: string[]) => readCommand(['sessions', ...args], {});
    const admin = { host: '127.0.0.1', port: 9090 };
    const id = '--json'.padEnd(22, '-');
    const common = { name: 'sessions', query: {}, admin, json: false };
    expect(read('end', id)).toEqual({ ...common, command: { id } });
    expect(read('end', id, '--json')).toEqual({ ...common, command: { id }, json: true });
    expect(read('end', '--user', 'u7')).toEqual({ ...common, command: { user: 'u7' } });
    expect(read('end', '--all')).toEqual({ ...common, command: { all: true } });
    expect(read('ls', '--user', 'u7')).toEqual({ ...common, query: { user: 'u7' }, command: undefined });
  });

  it('reads the claims of an explained user', () => {
    const claims = '{ "scope": "a b", "roles": ["r"] }';
    expect(readCommand(['explain', 'GET', '/a', '--user', 'u7', '--claims', claims], {})).toMatchObject({
      query: { user: 'u7', claims: { scope: 'a b', roles: ['r'] } },
    });
  });

  it('reads an explain request with repeated headers', () => {
    const args = [
      'get',
      '/a?b=1',
      '-H',
      'accept: text/html',
      '-Hcookie: a=1',
      '--header',
      'cookie:b=2',
      '--user',
      'u7',
    ];
    expect(readCommand(['explain', ...args], { PORTICO_ADMIN_PORT: '91' })).toEqual({
      name: 'explain',
      query: {
        method: 'GET',
        path: '/a?b=1',
        headers: { accept: ['text/html'], cookie: ['a=1', 'b=2'] },
        user: 'u7',
      },
      admin: { host: '127.0.0.1', port: 91 },
      json: false,
    });
  });

  it('reads a purge with repeated flags', () => {
    const args = ['--tag', 'a', '--tag=b', '--url', '/x?y', '--prefix', 'https://shop.test/api/', '--soft'];
    expect(readCommand(['purge', ...args], { PORTICO_ADMIN_PORT: '91' })).toEqual({
      name: 'purge',
      command: { tags: ['a', 'b'], urls: ['/x?y'], prefixes: ['https://shop.test/api/'], soft: true },
      admin: { host: '127.0.0.1', port: 91 },
      json: false,
    });
    expect(readCommand(['purge', '--all', '--json', '--admin-port', '92'], {})).toEqual({
      name: 'purge',
      command: { all: true },
      admin: { host: '127.0.0.1', port: 92 },
      json: true,
    });
  });

  it.each([
    [[], undefined],
    [['help'], undefined],
    [['--help'], undefined],
    [['-h'], undefined],
    [['start', '--help'], 'start'],
    [['purge', '-h'], 'purge'],
    [['help', 'warm'], 'warm'],
  ] as const)('prints help for %j', (args, about) => {
    expect(readCommand(args, {})).toEqual({ name: 'help', about });
  });

  it.each([
    [['strat'], 'unknown command strat; did you mean start?'],
    [
      ['frobnicate'],
      'unknown command frobnicate; known: start, dev, record, check, routes, types, openapi, client, import, purge, explain, breaker, sessions, why, history, reload, warm',
    ],
    [['dev', '--mock', '--replay'], '--mock responds with recordings where there are some; leave --replay out'],
    [['dev', '--mock', '--drift', '1%'], '--mock calls no backend, so --drift has nothing to compare'],
    [['start', '--prot', '1'], 'unknown flag --prot; did you mean --port?'],
    [['start', '-x'], 'unknown flag -x; known:'],
    [['check', '--port', '1'], 'portico check has no --port; it belongs to start and dev'],
    [['dev', '--workers', '2'], 'portico dev has no --workers'],
    [['check', 'shop'], 'portico check takes no "shop"'],
    [['start', '--port'], '--port needs a value'],
    [['start', '--dir', '--json'], '--dir needs a value'],
    [['start', '--json=1'], '--json takes no value'],
    [['start', '--port', 'http'], '--port is a whole number from 0 to 65535; it is "http"'],
    [['start', '--port', '65536'], '--port is a whole number'],
    [['start', '--workers', '-1'], '--workers needs a value'],
    [['start', '--port', '9090'], 'cannot both be 9090'],
    [['purge'], 'portico purge names nothing; say what with --tag, --url, --prefix or --all'],
    [['purge', '--soft'], 'names nothing'],
    [['purge', '--tags', 'a'], 'unknown flag --tags; did you mean --tag?'],
    [['purge', '--tag'], '--tag needs a value: --tag product:7'],
    [
      ['purge', '--url', 'shop.test/a'],
      '--url must be a path such as /page, or an http(s) address; it is "shop.test/a"',
    ],
    [['purge', '--all', '--admin-port', '0'], 'name it with --admin-port'],
    [['explain'], 'portico explain takes a method and a path'],
    [['explain', '/a'], 'portico explain takes a method and a path'],
    [['explain', 'GET', '/a', '/b'], 'portico explain takes a method and a path'],
    [['explain', 'GET', '/a', '-H', 'no colon'], `-H takes 'name: value'; it is "no colon"`],
    [['explain', 'GET', '/a', '-X', 'a'], 'unknown flag -X'],
    [['explain', 'GET', '/a', '--claims', '{}'], '--claims are those of a user; name it with --user'],
    [['explain', 'GET', '/a', '--user', 'u7', '--claims', '[]'], '--claims takes a JSON object'],
    [['explain', 'GET', '/a', '--user', 'u7', '--claims', '{scope'], '--claims takes a JSON object'],
    [['sessions'], 'portico sessions takes ls, or end and one of'],
    [['sessions', 'ls', 'u7'], 'portico sessions takes ls, or end and one of'],
    [['sessions', 'ls', '--all'], 'portico sessions takes ls, or end and one of'],
    [['sessions', 'end'], 'portico sessions takes ls, or end and one of'],
    [['sessions', 'end', '--all', '--user', 'u7'], 'portico sessions takes ls, or end and one of'],
    [['sessions', 'end', 'short'], 'an id must be an id of the list, 22 characters; it is "short"'],
    [['explain', 'GET', '/a', '-H'], "-H needs a value: -H 'accept-language: de'"],
    [['purge', '--all', '-H', 'a: b'], 'portico purge has no -H; it belongs to explain'],
    [['purge', '--all', '--dir', '.'], 'portico purge has no --dir'],
    [['start', '--tag', 'a'], 'portico start has no --tag; it belongs to purge'],
  ])('rejects %j and names the remedy', (args, message) => {
    expect(refusal(args)).toContain(message);
  });

  it('names an invalid variable', () => {
    expect(refusal(['start'], { PORT: '8o8o' })).toBe('PORT is a whole number from 0 to 65535; it is "8o8o"');
    expect(refusal(['start'], { REDIS_URL: 'http://user:secret@a' })).toMatch(
      /^REDIS_URL must be redis:\/\/host:6379, [^@]*$/,
    );
    expect(refusal(['start'], { LOG_LEVEL: 'verbose' })).toBe(
      'LOG_LEVEL is "verbose"; known: info, warn, error, silent',
    );
  });
});
