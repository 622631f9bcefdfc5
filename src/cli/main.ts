import { rememberResolutions } from '../config-loader/resolution-memo.ts';
import { porticoVersion } from '../core/version.ts';
import { outputsDrained } from '../telemetry/log-output.ts';
import { takeWorkerOptions } from '../workers/worker-options.ts';
import { readCommand } from './arguments.ts';
import type { Command, ServeCommand } from './command.ts';
import { showError } from './failure.ts';
import { HELP_TEXT, helpAbout } from './help.ts';
import { humanReporter } from './human-reporter.ts';
import { jsonReporter } from './json-reporter.ts';
import { forgetPassedSockets } from './passed-sockets.ts';
import { ProjectEnv } from './project-env.ts';
import type { Reporter } from './reporter.ts';
import { type ServiceManagerOptions, takeServiceManager } from './service-options.ts';
import type { EarlySignals } from './signals.ts';
import { surviveStrayErrors } from './stray-errors.ts';
import { processTerminal, servingTerminal } from './terminal.ts';

// Each command imports its own code, so that a forking primary does not load code that only its workers run.

/** The command line; a worker is the same program. Resolves with the exit code. */
export async function main(args: readonly string[], early: EarlySignals): Promise<number> {
  rememberResolutions();
  const command = takeWorkerOptions(process.env);
  if (command !== undefined) {
    surviveStrayErrors();
    const { runWorker } = await import('../workers/worker.ts');
    return afterLastLines(await runWorker(command));
  }
  const env = new ProjectEnv(process.env);
  try {
    const called = readCommand(args, process.env, env);
    if (isServing(called)) return afterLastLines(await serve(called, early, env));
    return await afterOutput(await run(called, env));
  } catch (error) {
    return afterOutput(showError(error, processTerminal()));
  }
}

function isServing(command: Command): command is ServeCommand {
  return command.name === 'start' || command.name === 'dev' || command.name === 'record';
}

async function run(command: Exclude<Command, ServeCommand>, env: ProjectEnv): Promise<number> {
  const terminal = processTerminal();
  switch (command.name) {
    case 'help':
      terminal.out(command.about === undefined ? HELP_TEXT : helpAbout(command.about));
      return 0;
    case 'version':
      terminal.out(porticoVersion());
      return 0;
    case 'check': {
      const { check } = await import('./check.ts');
      return check(command, terminal);
    }
    case 'routes': {
      const { showRoutes } = await import('./routes.ts');
      return showRoutes(command, terminal);
    }
    case 'types': {
      const { writeTypes } = await import('./types.ts');
      return writeTypes(command, terminal);
    }
    case 'openapi': {
      const { writeOpenApi } = await import('./openapi.ts');
      return writeOpenApi(command, terminal);
    }
    case 'client': {
      const { writeClient } = await import('./client.ts');
      return writeClient(command, terminal);
    }
    case 'import': {
      const { importDocument } = await import('./import.ts');
      return importDocument(command, terminal);
    }
    case 'purge': {
      const { purge } = await import('./purge.ts');
      return purge(command, terminal);
    }
    case 'explain': {
      const { explain } = await import('./explain.ts');
      return explain(command, terminal);
    }
    case 'breaker': {
      const { breaker } = await import('./breaker.ts');
      return breaker(command, terminal);
    }
    case 'sessions': {
      const { sessions } = await import('./sessions.ts');
      return sessions(command, terminal);
    }
    case 'why': {
      const { why } = await import('./why.ts');
      return why(command, terminal);
    }
    case 'history': {
      const { history } = await import('./history.ts');
      return history(command, terminal);
    }
    case 'reload': {
      const { reload } = await import('./reload.ts');
      return reload(command, terminal);
    }
    case 'warm': {
      const { warm } = await import('./warm/warm.ts');
      return warm(command, terminal);
    }
    case 'init': {
      const { init } = await import('./init.ts');
      return init(command, terminal);
    }
    case 'new': {
      const { writeRoute } = await import('./new-route.ts');
      return writeRoute(command, terminal);
    }
    case 'doctor': {
      const { doctor } = await import('./doctor.ts');
      return doctor(command, terminal, env);
    }
  }
}

async function serve(command: ServeCommand, early: EarlySignals, env: ProjectEnv): Promise<number> {
  // It is for the admin port, and neither for workers nor for the code of routes.
  delete process.env.PORTICO_ADMIN_TOKEN;
  forgetPassedSockets(process.env);
  const options = takeServiceManager(process.env, process.pid);
  surviveStrayErrors();
  const terminal = servingTerminal();
  const printing = command.json ? jsonReporter(terminal) : humanReporter(terminal);
  const reporter = options === undefined ? printing : await notifying(printing, options);
  for (const note of env.notes) reporter.note(note);
  try {
    if (command.workers === 0) {
      const { serveAlone } = await import('./serve-alone.ts');
      return await serveAlone(command, reporter, early);
    }
    const { serveWorkers } = await import('./serve-workers.ts');
    return await serveWorkers(command, reporter, early, env);
  } catch (error) {
    return showError(error, terminal);
  }
}

async function notifying(reporter: Reporter, options: ServiceManagerOptions): Promise<Reporter> {
  const { ServiceManager } = await import('./service-manager.ts');
  const { notifyingReporter } = await import('./notifying-reporter.ts');
  return notifyingReporter(reporter, new ServiceManager(options, reporter.note));
}

/** Time to flush the last lines; a reader that does not read must not keep the process alive. */
const LAST_LINES_MS = 500;

async function afterLastLines(code: number): Promise<number> {
  await outputsDrained(LAST_LINES_MS);
  return code;
}

/** The output of a command is complete for a slow reader, too. */
async function afterOutput(code: number): Promise<number> {
  await outputsDrained();
  return code;
}
