import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noFirstProcess } from '../support/first-process.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const TOKEN = 'a-token-of-thirty-two-characters';
const SHOWN = ['A', 'B', 'C', 'D', 'OUTSIDE', 'PORTICO_ADMIN_TOKEN'];
const ENV = {
  'routes/env.get.ts': route(
    `'/env', { handler: () => Object.fromEntries(${JSON.stringify(SHOWN)}.flatMap(name => name in process.env ? [[name, process.env[name]]] : [])) }`,
  ),
};
/** What `env > .env` in a worker of Node writes. */
const OF_A_WORKER = 'NODE_CHANNEL_FD=3\nNODE_CHANNEL_SERIALIZATION_MODE=json\nNODE_UNIQUE_ID=7\n';
/** Ports that a file chooses: by default they would be 8080 and 9090. */
const PORTS = `PORT=0\nPORTICO_ADMIN_PORT=0\n`;

const shown = async (url: string): Promise<unknown> => (await fetch(`${url}/env`)).json();

describe('portico dev', () => {
  it('has the variables of its files, and follows each save', async () => {
    const project = own(
      await createProject({
        ...ENV,
        '.env': `${PORTS}PORTICO_ADMIN_TOKEN=${TOKEN}\nA=1\nB=1\nC=1\nOUTSIDE=file\n`,
        '.env.local': 'B=2\n',
        '.env.development': 'D=3\n',
        '.env.production': 'D=4\n',
      }),
    );
    const args = ['dev', '--dir', project.dir, '--json'];
    const portico = own(new PorticoProcess(args, { env: { OUTSIDE: 'set', C: '' } }));
    const { url, adminUrl } = await portico.ready();
    expect(await shown(url)).toEqual({ A: '1', B: '2', C: '', D: '3', OUTSIDE: 'set' });
    expect((await fetch(`${adminUrl}/stats`)).status).toBe(401);
    expect((await fetch(`${adminUrl}/stats`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);

    await project.write('.env', `PORT=81\nPORTICO_ADMIN_PORT=0\nPORTICO_ADMIN_TOKEN=${TOKEN}\nB=5\nnonsense\n`);
    await expect.poll(() => shown(url)).toEqual({ B: '2', C: '', D: '3', OUTSIDE: 'set' });
    expect(portico.err).toContain('portico: line 5 of .env is left out, because it is no NAME=value\n');
    expect(portico.err).toContain('portico: PORT of the .env files counts after a restart\n');

    await rm(join(project.dir, '.env.local'));
    await expect.poll(() => shown(url)).toEqual({ B: '5', C: '', D: '3', OUTSIDE: 'set' });

    await project.write('.env.local', Buffer.from('B=6', 'utf16le'));
    await expect
      .poll(() => portico.err)
      .toContain('portico: .env.local cannot be read: it is no text in UTF-8; the variables');
    expect(await shown(url)).toEqual({ B: '5', C: '', D: '3', OUTSIDE: 'set' });
  });

  it('that waits for a mend starts with a variable that was missing', async () => {
    const project = own(
      await createProject({
        'routes/a.get.ts': `if (!process.env.A) throw new Error('A is not set');\n${route("'/a', { handler: () => 'a' }")}`,
      }),
    );
    const portico = own(startPortico('dev', ['--dir', project.dir]));
    await portico.event('refused');
    await project.write('.env.development.local', 'A=1\n');
    const { url } = await portico.ready();
    expect((await fetch(`${url}/a`)).status).toBe(200);
  });
});

it('portico dev reports a missing folder in one line', async () => {
  const project = own(await createProject({}));
  const dir = join(project.dir, 'none');
  const { code, err } = await runPortico(['dev', '--dir', dir, '--port', '0', '--admin-port', '0']);
  expect([code, err]).toEqual([1, expect.stringMatching(/^portico: no folder .*\n$/)]);
});

describe('portico start', () => {
  it('has the variables for production, and those of a reload', async () => {
    const project = own(
      await createProject({
        ...ENV,
        '.env': `A=1\nB=1\n${OF_A_WORKER}`,
        '.env.production': 'B=2\n',
        '.env.development': 'B=3\n',
      }),
    );
    const portico = own(startPortico('start', ['--dir', project.dir, '--workers', '1']));
    const { url } = await portico.ready();
    expect(await shown(url)).toEqual({ A: '1', B: '2' });
    await project.write('.env', 'A=4\n');
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect(await shown(url)).toEqual({ A: '4', B: '2' });

    // With a value that would end a start, the new workers have the earlier ones.
    await project.write('.env', 'A=5\nREDIS_URL=http://:xyzzy@h\n');
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect(await shown(url)).toEqual({ A: '4', B: '2' });
    expect(portico.err).toMatch(/^portico: REDIS_URL must be .*; the variables of the \.env files stay as they were$/m);
    expect(portico.err).not.toContain('xyzzy');
  });

  it('has them in one process, too, without what Node has read before', async () => {
    const text = `${PORTS}NODE_OPTIONS=--no-such-flag\nNODE_USE_SYSTEM_CA=1\nNODE_USE_ENV_PROXY=1\n`;
    const project = own(await createProject({ ...ENV, '.env': text, '.env.production.local': 'A=1\n' }));
    const portico = own(new PorticoProcess(['start', '--dir', project.dir, '--json']));
    expect(await shown((await portico.ready()).url)).toEqual({ A: '1' });
    const late = [...portico.err.matchAll(/^portico: (\w+) has no effect in a \.env file, .*$/gm)].map(
      ([, name]) => name,
    );
    expect(late).toEqual(['NODE_OPTIONS', 'NODE_USE_SYSTEM_CA', 'NODE_USE_ENV_PROXY']);
  });

  // A user namespace without users, in which root, too, may read only what the mode of a file allows.
  it.skipIf(noFirstProcess !== undefined)('goes on without a file that its user may not read', async () => {
    const project = own(await createProject({ ...ENV, '.env': 'A=1\n', '.env.production': 'B=2\n' }));
    await chmod(join(project.dir, '.env'), 0o000);
    const node = ['unshare', '--user', process.execPath];
    const args = ['--dir', project.dir, '--port', '0', '--admin-port', '0'];
    const portico = own(new PorticoProcess(['start', ...args, '--json'], { node }));
    expect(await shown((await portico.ready()).url)).toEqual({ B: '2' });
    expect(portico.err).toBe('portico: .env has no effect, because this user may not read it\n');
    const { out } = await runPortico(['doctor', ...args], { node });
    expect(out).toMatch(/^warning +\.env +this user may not read it, so it has no effect; /m);
  });

  it.each([
    ['PORT=http\n', 'PORT is a whole number from 0 to 65535; it is "http"'],
    [Buffer.from('A=1', 'utf16le'), '.env cannot be read: it is no text in UTF-8'],
  ])('says in one line what is wrong with a file', async (text, message) => {
    const project = own(await createProject(ENV));
    await project.write('.env', text);
    const { code, err } = await runPortico(['start', '--dir', project.dir]);
    expect([code, err]).toEqual([2, `portico: ${message}\n`]);
  });
});

describe('other commands', () => {
  const FILES = {
    'routes/a.get.ts': `if (process.env.SECRET !== 'xyzzy') throw new Error('not set');\n${route("'/a', { handler: () => 'a' }")}`,
    '.env': 'SECRET=plugh\nOTHER=xyzzy\nwhat\n',
    '.env.production.local': 'SECRET=xyzzy\n',
    '.env.development': 'SECRET=nothing\n',
  };

  it('read a project as start does', async () => {
    const project = own(await createProject(FILES));
    expect(await runPortico(['check', '--dir', project.dir])).toMatchObject({ code: 0, err: '' });
  });

  it('know the admin port of a gateway in the same folder', async () => {
    const project = own(await createProject({ '.env': 'PORTICO_ADMIN_PORT=none\n' }));
    const { code, err } = await runPortico(['purge', '--all'], { cwd: project.dir });
    expect([code, err]).toEqual([2, 'portico: PORTICO_ADMIN_PORT is a whole number from 0 to 65535; it is "none"\n']);
  });

  it('send no token from elsewhere to a host that a file names', async () => {
    const project = own(await createProject({ '.env': 'PORTICO_ADMIN_HOST=gateway.example\n' }));
    const token = { PORTICO_ADMIN_TOKEN: 'a-token-of-thirty-two-characters' };
    const refused = await runPortico(['purge', '--all'], { cwd: project.dir, env: token });
    expect([refused.code, refused.err]).toEqual([
      2,
      'portico: PORTICO_ADMIN_HOST is from a .env file, and the token is not; if gateway.example may have it, name it with --admin-host\n',
    ]);
    for (const [env, more] of [
      [{}, []],
      [token, ['--admin-host', 'localhost']],
      [{ ...token, PORTICO_ADMIN_HOST: 'localhost' }, []],
    ] as const) {
      const { err } = await runPortico(['purge', '--all', '--admin-port', '1', ...more], { cwd: project.dir, env });
      expect(err).toContain('no gateway responds at the admin port 1');
    }
  });

  it('show the files and the names in portico doctor, and no value', async () => {
    const project = own(await createProject(FILES));
    await project.write('.env.local', Buffer.from('A=1', 'utf16le'));
    const args = ['doctor', '--dir', project.dir, '--port', '0', '--admin-port', '0'];
    const { out } = await runPortico(args, { env: { OTHER: 'mine' } });
    const rows = out.split('\n').filter(line => line.includes(' .env'));
    expect(rows.map(row => row.replaceAll(/ {2,}/g, ' '))).toEqual([
      'ok .env.production.local for start: SECRET',
      'failed .env.local cannot be read: it is no text in UTF-8; make it readable text in UTF-8, or remove it',
      'warning .env OTHER (the environment wins), SECRET; line 3 left out; write NAME=value',
      'ok .env.development for dev and record: SECRET',
    ]);
    expect(out).not.toMatch(/xyzzy|plugh|nothing|mine/);
  });
});
