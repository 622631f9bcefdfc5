import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One violation per rule: the file, and what it may not import. */
const VIOLATIONS: readonly (readonly [file: string, source: string])[] = [
  ['src/core/a.ts', '../define/route.ts'],
  ['src/define/a.ts', '../load/load.ts'],
  ['src/define/schema.ts', '../load/load.ts'],
  ['src/define/gateway.ts', '../gateway.ts'],
  ['src/define/transport.ts', 'undici'],
  ['src/match/a.ts', '../chain/step.ts'],
  ['src/load/a.ts', '../http/front.ts'],
  ['src/edge/a.ts', '../call/fallback.ts'],
  ['src/edge/b.ts', 'negotiator'],
  ['src/edge/coding.ts', '../call/fallback.ts'],
  ['src/call/a.ts', '../edge/guard.ts'],
  ['src/call/b.ts', 'opossum'],
  ['src/call/breaker/call-window.ts', 'node-cache'],
  ['src/call/cache/memory-store.ts', '../../service/limit/stage.ts'],
  ['src/answer/a.ts', '../service/limit/stage.ts'],
  ['src/service/a.ts', 'undici'],
  ['src/service/transport/a.ts', '../../answer/proxy.ts'],
  ['src/chain/a.ts', '../http/front.ts'],
  ['src/http/a.ts', '../define/route.ts'],
  ['src/http/problem.ts', '../define/route.ts'],
  ['src/observe/a.ts', '../define/route.ts'],
  ['src/cluster/a.ts', '../service/limit/stage.ts'],
  ['src/cluster/b.ts', 'redis'],
  ['src/cluster/redis/a.ts', 'node:sqlite'],
  ['src/cluster/disk/a.ts', 'redis'],
  ['src/admin/a.ts', '../call/breaker/stage.ts'],
  ['src/cli/a.ts', '../http/front.ts'],
  ['src/gateway.ts', 'undici'],
  ['routes/a.get.ts', '../src/index.ts'],
];

describe('the import boundaries', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-boundaries-'));
    await cp(join(ROOT, 'biome.json'), join(dir, 'biome.json'));
    for (const [file, source] of VIOLATIONS) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), `import '${source}';\n`);
    }
  });

  afterAll(() => rm(dir, { recursive: true }));

  it('hold: one violation of each rule is found', () => {
    // The configuration reads .gitignore through git, which is not there.
    const args = [
      'lint',
      '--vcs-enabled=false',
      '--only=style/noRestrictedImports',
      '--reporter=github',
      '--max-diagnostics=none',
    ];
    const { stdout, status } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), [...args, dir], {
      cwd: dir,
      encoding: 'utf8',
    });
    const found = stdout.matchAll(/noRestrictedImports,file=([^,]+)/g);
    const files = [...found].map(match => relative(dir, resolve(dir, match[1] ?? ''))).toSorted();
    expect(files).toEqual(VIOLATIONS.map(([file]) => file).toSorted());
    expect(status).not.toBe(0);
  });
});
