import { PorticoProcess } from './portico-process.ts';

export interface RunningCommand extends AsyncDisposable {
  /** Without a trailing slash, like `adminUrl`. */
  readonly url: string;
  readonly adminUrl: string;
  readonly process: PorticoProcess;
}

/** Runs `portico start` or `portico dev` on free ports and waits until it is ready. */
export async function runPortico(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const process = new PorticoProcess([...args, '--port', '0', '--admin-port', '0', '--json'], { env });
  const { url, adminUrl } = await process.ready();
  return {
    url: url.replace(/\/$/, ''),
    adminUrl: adminUrl.replace(/\/$/, ''),
    process,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
