import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { noRedis, TestRedis } from '../support/redis.ts';

const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => 'hello' }") };

describe('a purge of nonsense', () => {
  it.each([
    [[], 'portico purge names nothing; say what with --tag, --url, --prefix or --all'],
    [['--url', 'shop.test/a'], 'it is "shop.test/a"'],
    [['--url', 'ftp://shop.test/a'], 'it is "ftp://shop.test/a"'],
    [['--prefix', '://'], 'it is "://"'],
    [['--tag'], '--tag needs a value: --tag product:7'],
    [['everything'], 'portico purge takes no "everything"; see --help'],
    [['--al'], 'unknown flag --al; did you mean --all?'],
  ])('is one line, and reaches no gateway: %j', async (args, message) => {
    const { code, out, err } = await runPortico(['purge', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^portico: .*\n$/);
    expect(err).toContain(message);
  });
});

describe.skipIf(noRedis !== undefined)('a Redis that refuses the gateway', () => {
  it.each([
    [':wrong-secret@', 'Redis refuses the user or the password of its URL (Error: WRONGPASS'],
    ['nobody:wrong-secret@', 'Redis refuses the user or the password of its URL (Error: WRONGPASS'],
    ['', 'Redis needs a password, and its URL has none (Error: NOAUTH'],
  ])('is one line in the log, without the password, and the gateway serves: %s', async (user, why) => {
    await using redis = await TestRedis.start();
    await redis.command('CONFIG SET requirepass right');
    await using project = await createProject(HELLO);
    const env = { LOG_LEVEL: 'warn', REDIS_URL: redis.url.replace('//', `//${user}`) };
    await using portico = startPortico('start', ['--dir', project.dir], { env });
    const { url } = await portico.ready();
    await portico.printed('"tier":"redis"');
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
    const { code, out, err } = await portico.stop();
    const lines = out.split('\n').filter(line => line.includes('"tier":"redis"'));
    expect([code, err, lines.length]).toEqual([0, '', 1]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ state: 'lost', why: expect.stringContaining(why) });
    expect(out).not.toContain('wrong-secret');
  });
});
