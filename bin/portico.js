#!/usr/bin/env node
// Plain JavaScript that an old Node can parse and link: it checks the version first, and only then imports code for a
// new one.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whenScriptEnds } from './parent-end.js';

const STOPS = ['SIGINT', 'SIGTERM'];
const SIGNALS = [...STOPS, 'SIGHUP'];
const here = fileURLToPath(import.meta.url);
const LATEST_TRIED = 26;

if (isEnough(process.versions.node)) await run();
else runUnder(bundledNode());

async function run() {
  const early = earlySignals();
  await keepRequestsYoung();
  const nodeModule = await import('node:module');
  enableCompileCache(nodeModule);
  const clone = existsSync(new URL('../src/cli/main.ts', import.meta.url));
  nodeModule.registerHooks({ resolve: clone ? fromSource(resolve) : resolve });
  const { main } = await import(clone ? '../src/cli/main.ts' : '../dist/cli/main.js');
  process.exit(await main(process.argv.slice(2), early));
}

/**
 * Signals that come before the command listens itself. A stop has its default effect, because the kernel ends a process
 * even in an endless loop of a route module; only process 1, the first one of a container, has no default.
 */
function earlySignals() {
  const isGateway = isServing();
  const isWorker = process.env.PORTICO_WORKER !== undefined;
  const stops = process.pid === 1 ? endAtStops(isGateway ? () => 0 : number => 128 + number) : undefined;
  let endOfScript = () => process.kill(process.pid, 'SIGTERM');
  if (isGateway) whenScriptEnds(() => endOfScript());
  // A gateway that has no routes yet reloads them by loading them, so it must not end by a SIGHUP. A terminal that
  // closes reaches a worker as well as its primary.
  const hangUps = isGateway || isWorker ? heldHangUps() : undefined;
  return {
    passStops(hear) {
      stops?.release();
      endOfScript = () => hear('SIGTERM');
    },
    releaseHangUps: () => hangUps?.release() === true,
  };
}

function isServing() {
  return ['start', 'dev', 'record'].includes(process.argv[2]) && process.env.PORTICO_WORKER === undefined;
}

function endAtStops(exitCode) {
  const end = (_signal, number) => process.exit(exitCode(number));
  for (const signal of STOPS) process.on(signal, end);
  return {
    release() {
      for (const signal of STOPS) process.off(signal, end);
    },
  };
}

/** Listens to SIGHUP until others do. */
function heldHangUps() {
  let isHeard = false;
  const hear = () => {
    isHeard = true;
  };
  process.on('SIGHUP', hear);
  return {
    release() {
      process.off('SIGHUP', hear);
      return isHeard;
    },
  };
}

/**
 * V8 creates objects in the old generation when nearly all earlier objects from the same line of code lived on. Node's
 * lists of listeners come to that at a start with many connections. From then on the objects of every request outlive
 * their response (docs/decisions/046-requests-stay-young.md).
 *
 * It comes before all other code, because compiled code is kept by the flags it was compiled with. V8 prints an error
 * for a flag that it does not know, so a version of Node that nobody has tried does without.
 */
async function keepRequestsYoung() {
  if (Number.parseInt(process.versions.node, 10) > LATEST_TRIED) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * In a folder of the user's own. Node's default is in the folder for everybody's temporary files, where the user who
 * comes first may write the code that others run. NODE_COMPILE_CACHE names another folder.
 */
function enableCompileCache(nodeModule) {
  const folder = cacheFolder();
  if (folder !== undefined) nodeModule.enableCompileCache(join(folder, 'portico'));
}

function cacheFolder() {
  const { XDG_CACHE_HOME } = process.env;
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME;
  try {
    return join(homedir(), '.cache');
  } catch {
    // A user without an entry in the system and without HOME.
    return undefined;
  }
}

function resolve(specifier, context, nextResolve) {
  const resolved = nearestPortico(specifier, context, nextResolve);
  // A folder without "type": "module" would be parsed twice, with a warning. Node strips no types below node_modules.
  const typescript = /\.m?ts$/.test(resolved.url) && !resolved.url.includes('/node_modules/');
  return typescript ? { ...resolved, format: 'module-typescript' } : resolved;
}

/** The project's own `portico`; without one (a global install, a clone), the running one. */
function nearestPortico(specifier, context, nextResolve) {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (specifier !== 'portico' || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return nextResolve(specifier, { ...context, parentURL: import.meta.url });
  }
}

function fromSource(next) {
  return (specifier, context, nextResolve) =>
    next(specifier, { ...context, conditions: [...context.conditions, 'portico-source'] }, nextResolve);
}

/** By `engines` in package.json. */
function isEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 9);
}

/**
 * A package with Node near the project or near portico: `node`, which has no executable if npm blocked its install
 * script, or the package for one platform.
 */
function bundledNode() {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const names = ['node', `node-${platform}`, `node-bin-${platform}`];
  const folders = [...parents(process.cwd()), ...parents(dirname(here))];
  const installed = folders.flatMap(folder => names.map(name => join(folder, 'node_modules', name))).find(hasNode);
  return installed === undefined ? undefined : join(installed, 'bin', executable);

  function hasNode(folder) {
    return existsSync(join(folder, 'bin', executable)) && isEnough(versionIn(folder));
  }
}

function versionIn(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

function parents(folder) {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...parents(parent)];
}

function runUnder(node) {
  if (node === undefined) {
    console.error(
      `portico needs Node 24.9 or newer, this is ${process.versions.node}; upgrade it, or bring one along: npm i -D node@26 ` +
        '(where npm blocks its install script: npm approve-scripts node && npm rebuild node)',
    );
    process.exit(1);
  }
  const env = { ...process.env, PORTICO_HOST_NODE: process.versions.node };
  let isStopping = false;
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: 'inherit', env });
  const passOn = signal => {
    isStopping ||= STOPS.includes(signal);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  // A second stop would end the gateway at once.
  if (isServing()) whenScriptEnds(() => isStopping || passOn('SIGTERM'));
  child.on('error', error => {
    console.error(`portico cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => leaveAs(code, signal));
}

/** Ends with the same exit code or signal, so that the parent process sees it. */
function leaveAs(code, signal) {
  if (signal === null) process.exit(code);
  for (const each of SIGNALS) process.removeAllListeners(each);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}
