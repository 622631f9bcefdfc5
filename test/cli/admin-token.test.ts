import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../src/cli/arguments.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const TOKEN = '0123456789abcdef';

describe('the token of the admin port', () => {
  it('is that of the gateway for every command', async () => {
    await using project = await createProject({
      'routes/env.get.ts': route("'/env', { handler: () => String(process.env.PORTICO_ADMIN_TOKEN) }"),
      'token.txt': `${TOKEN}\n`,
      'wrong.txt': 'fedcba9876543210',
    });
    const env = { PORTICO_ADMIN_TOKEN: TOKEN };
    await using portico = startPortico('start', ['--dir', project.dir, '--workers', '1'], { env });
    const { url, adminUrl } = await portico.ready();
    const port = ['--admin-port', new URL(adminUrl).port];
    const file = ['--admin-token-file', join(project.dir, 'token.txt')];
    const commands = [['purge', '--all'], ['explain', 'GET', '/env'], ['breaker', 'ls'], ['reload']];
    for (const command of commands) {
      expect(await runPortico([...command, ...port], { env })).toMatchObject({ code: 0, err: '' });
      expect(await runPortico([...command, ...port, ...file])).toMatchObject({ code: 0, err: '' });
      const without = await runPortico([...command, ...port]);
      expect(without.code).toBe(1);
      expect(without.err).toMatch(/^portico: .* 401 The admin port needs the token of the gateway: .*\n$/);
    }
    const sessions = await runPortico(['sessions', 'ls', ...port, ...file]);
    expect(sessions.err).toMatch(/ 404 This gateway has no sessions/);
    const wrong = await runPortico(['reload', ...port, '--admin-token-file', join(project.dir, 'wrong.txt')]);
    expect(wrong.err).toMatch(/^portico: nothing was reloaded; .* 401 This is not the token of the gateway\n$/);
    // Neither workers nor routes have it.
    expect(await (await fetch(`${url}/env`)).text()).toBe('undefined');
  });

  it.each([
    ['short', 'PORTICO_ADMIN_TOKEN needs at least 16 letters'],
    ['with a space in the middle', 'PORTICO_ADMIN_TOKEN needs at least 16 letters'],
  ])('is long enough, and can be sent: %s', (token, message) => {
    expect(() => readCommand(['start'], { PORTICO_ADMIN_TOKEN: token })).toThrow(message);
    expect(() => readCommand(['start'], { PORTICO_ADMIN_TOKEN: token })).not.toThrow(token);
  });

  it('is none if the variable is empty', () => {
    expect(readCommand(['reload'], { PORTICO_ADMIN_TOKEN: '' })).not.toHaveProperty('admin.token');
  });

  it('is refused in one line if its file cannot be read, or is empty', async () => {
    await using project = await createProject({ 'empty.txt': '\n' });
    const missing = join(project.dir, 'missing.txt');
    const { code, err } = await runPortico(['start', '--dir', project.dir, '--admin-token-file', missing]);
    expect(code).toBe(2);
    expect(err).toMatch(/^portico: --admin-token-file cannot be read: ENOENT.*missing\.txt'\n$/);
    const empty = join(project.dir, 'empty.txt');
    expect(() => readCommand(['start', '--admin-token-file', empty], {})).toThrow(`the token in ${empty} needs`);
  });
});
