import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startShop } from './shop.ts';

const SAME_PRESS_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const root = fileURLToPath(new URL('..', import.meta.url));
const [command = 'start', ...args] = process.argv.slice(2);

const shop = await startShop();
// The gateway has its own process group, so that a Ctrl-C reaches it through `forward` alone: a second signal would
// mean "stop at once" to it.
const gateway = spawn(process.execPath, ['bin/portico.js', command, ...args], {
  cwd: root,
  env: { ...shop.env, ...process.env },
  stdio: 'inherit',
  detached: true,
});

for (const signal of SIGNALS) process.on(signal, forward(signal));
gateway.once('error', error => void leave(1, `the gateway did not start: ${error.message}`));
gateway.once('exit', (code, signal) => void leave(code ?? 128 + (signal ? constants.signals[signal] : 0)));

/** One Ctrl-C arrives twice under `npm start`: from the terminal and from npm. */
function forward(signal: NodeJS.Signals): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last > SAME_PRESS_MS) gateway.kill(signal);
    last = now;
  };
}

async function leave(code: number, why?: string): Promise<void> {
  if (why) console.error(why);
  await shop.close();
  process.exit(code);
}
