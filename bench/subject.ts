import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** A process of its own, so that its CPU time is separate. */
export async function startSubject(
  name: string,
  env: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
): Promise<Subject> {
  const file = fileURLToPath(new URL(`./subjects/${name}.ts`, import.meta.url));
  const child: ChildProcess = fork(file, {
    env: { ...process.env, ...env },
    execArgv: ['--conditions=portico-source', ...nodeOptions],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    name,
    pid: child.pid ?? 0,
    port,
    process: child,
    stop: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
