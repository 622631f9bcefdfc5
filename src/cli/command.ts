import type { AdminAddress } from '../admin/server.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { PurgeRequest } from '../config/purge-request.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import type { RequestQuery } from '../core/request-view.ts';
import type { ListenOptions } from '../gateway.ts';
import type { SpecVersion } from '../openapi/document.ts';
import type { RecordingsOptions } from '../recordings/options.ts';
import type { CommandName } from './flags.ts';

/** A command with every default filled in. */
export type Command =
  | { readonly name: 'help'; readonly about: CommandName | undefined }
  | { readonly name: 'version' }
  | ReadCommand
  | OpenApiCommand
  | ClientCommand
  | ImportCommand
  | PurgeCommand
  | ExplainCommand
  | BreakerCliCommand
  | SessionsCliCommand
  | WhyCommand
  | HistoryCommand
  | ReloadCliCommand
  | WarmCommand
  | InitCommand
  | NewRouteCommand
  | DoctorCommand
  | ServeCommand;

/** Reads a project and exits. */
export interface ReadCommand {
  readonly name: 'check' | 'routes' | 'types';
  readonly dir: string;
  readonly json: boolean;
}

/** Writes the OpenAPI document of a project and exits. */
export interface OpenApiCommand {
  readonly name: 'openapi';
  readonly dir: string;
  readonly json: boolean;
  /** The file; undefined for stdout. */
  readonly out: string | undefined;
  readonly spec: SpecVersion;
}

/** Writes a client of a project's routes, or of an OpenAPI document, and exits. */
export interface ClientCommand {
  readonly name: 'client';
  readonly dir: string;
  readonly json: boolean;
  /** The file; undefined for stdout. */
  readonly out: string | undefined;
  /** A file or URL of an OpenAPI document; undefined for the project's own routes. */
  readonly from: string | undefined;
  /** Compares the file, and writes nothing. */
  readonly check: boolean;
}

/** Writes routes from the OpenAPI document of a backend, or compares them with it, and exits. */
export interface ImportCommand {
  readonly name: 'import';
  readonly dir: string;
  readonly json: boolean;
  /** A file or URL of an OpenAPI document. */
  readonly from: string;
  /** The name of the service in code. */
  readonly service: string;
  /** The address below which the routes stand; '' for none. */
  readonly under: string;
  /** The address of the backend; undefined for the first server of the document. */
  readonly target: string | undefined;
  /** Compares the routes, and writes nothing. */
  readonly check: boolean;
}

/** Purges stored responses of a running gateway. */
export interface PurgeCommand {
  readonly name: 'purge';
  readonly command: PurgeRequest;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Explains a request by a running gateway, or by the definitions of a project. */
export interface ExplainCommand {
  readonly name: 'explain';
  readonly query: ExplainQuery;
  /** The project's folder; undefined for the running gateway. */
  readonly offline: string | undefined;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Lists the circuits of a running gateway, or forces one open or closed. */
export interface BreakerCliCommand {
  readonly name: 'breaker';
  /** Undefined for a read. */
  readonly command: BreakerCommand | undefined;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Lists the sessions of a running gateway, or ends some. */
export interface SessionsCliCommand {
  readonly name: 'sessions';
  readonly query: SessionQuery;
  /** Undefined for a read. */
  readonly command: SessionCommand | undefined;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Says why recent requests of a running gateway were slow, missed or failed. */
export interface WhyCommand {
  readonly name: 'why';
  readonly query: RequestQuery;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Shows the loads of the routes of a running gateway. */
export interface HistoryCommand {
  readonly name: 'history';
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Lets a running gateway load its routes anew. */
export interface ReloadCliCommand {
  readonly name: 'reload';
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Fetches the pages to keep. */
export interface WarmCommand {
  readonly name: 'warm';
  readonly dir: string;
  readonly json: boolean;
  /** The origin of browsers: responses are stored per origin. */
  readonly origin: URL;
}

/** Writes a new project and exits. */
export interface InitCommand {
  readonly name: 'init';
  readonly dir: string;
  readonly json: boolean;
  /** The name of the backend in code. */
  readonly service: string;
  /** The address of the backend. */
  readonly target: string;
  /** Whether a user at a terminal may choose another address, as no flag has chosen anything. */
  readonly asks: boolean;
}

/** Writes a new route and exits. */
export interface NewRouteCommand {
  readonly name: 'new';
  readonly dir: string;
  readonly json: boolean;
  /** In lower case, as in names of files. */
  readonly method: string;
  readonly path: string;
  /** Undefined for a handler. */
  readonly service: string | undefined;
}

/** Looks at what a project needs to run, and exits. */
export interface DoctorCommand {
  readonly name: 'doctor';
  readonly dir: string;
  readonly json: boolean;
  readonly listen: ListenOptions;
  readonly admin: AdminAddress;
}

export interface ServeCommand {
  readonly name: 'start' | 'dev' | 'record';
  readonly dir: string;
  readonly json: boolean;
  readonly listen: ListenOptions;
  readonly admin: AdminAddress;
  /** 0: this process serves itself. */
  readonly workers: number;
  /** Undefined if recordings are neither written nor read. */
  readonly recordings: RecordingsOptions | undefined;
  /** Whether services are mocked. */
  readonly mock: boolean;
  /** Whether `dev` looks at the files of the project every second, and does not wait for events. */
  readonly poll: boolean;
}
