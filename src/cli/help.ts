import { DEFAULTS } from '../config/defaults.ts';
import type { CommandName } from './flags.ts';

const { server } = DEFAULTS;

export const HELP_TEXT = `portico: the front door between browsers and backend services; a route is a file

  portico start      serve the routes of this folder
  portico dev        the same, and again whenever a file is saved
  portico check      look for mistakes in routes, services and configuration
  portico routes     the routes with their policies
  portico purge      make stored responses of a running gateway stale
  portico explain    what a running gateway would do with a request
  portico breaker    the circuits of a running gateway: ls, open, close
  portico warm       fetch the pages that routes keep forever (cache.keepForever)

  --dir PATH         the project's folder, the one with routes/ in it (.)
  --json             for programs: check, routes, purge, explain, breaker, warm; start and dev print one event per line

start and dev
  --port N           PORT; 0 takes a free one (${server.port})
  --host ADDRESS     HOST; 0.0.0.0 for every address of this host (${server.host})
  --listen unix:PATH a Unix socket instead of host and port
  --admin-port N     PORTICO_ADMIN_PORT; 0 takes a free one (${server.adminPort})
  --admin-host ADDR  PORTICO_ADMIN_HOST; 0.0.0.0 lets the network read it, never command (${server.adminHost})
  --workers N        start: N processes, and SIGHUP loads the routes anew; 0 is one process that does not (${server.workers})

purge (through the admin port, in all processes of the gateway)
  --tag TAG          what carries the tag; like --url and --prefix as often as you like
  --url URL          what is stored for an address; a path means every host
  --prefix URL       what is stored for all addresses that begin so
  --all              everything
  --soft             stale instead of gone: it may be served while it is revalidated
  --admin-port N     PORTICO_ADMIN_PORT; the gateway's (${server.adminPort}), and --admin-host, PORTICO_ADMIN_HOST

explain METHOD PATH (no backend is called; PATH may be a whole URL)
  -H 'name: value'   a header of the request; as often as you like
  --user NAME        the user, as a guard would name it: no guard runs
  --admin-port N     PORTICO_ADMIN_PORT; the gateway's (${server.adminPort}), and --admin-host, PORTICO_ADMIN_HOST

breaker ls | open SITE | close SITE (through the admin port, in all processes of the gateway)
  ls                 every circuit: its site or shared name, its state, what it counted
  open SITE          hold it open until it is closed, reloads included; a site as ls tells it
  close SITE         close it, forget what it counted, and end a hold
  --admin-port N     PORTICO_ADMIN_PORT; the gateway's (${server.adminPort}), and --admin-host, PORTICO_ADMIN_HOST

warm
  --origin URL       the public origin, like https://shop.example: pages are kept per origin

REDIS_URL            the Redis that several hosts share; wins over portico.config
LOG_LEVEL            info logs every request; warn, error, silent (warn; dev: info)
`;

/** The help of one command: what it does, the flags of all commands, its own, and the environment. */
export function helpAbout(command: CommandName): string {
  const [, summaries = '', common = '', ...sections] = HELP_TEXT.split('\n\n');
  const summary = summaries.split('\n').find(line => line.startsWith(`  portico ${command} `)) ?? '';
  const own = sections.filter(section =>
    section
      .split('\n', 1)[0]
      ?.match(/[a-z]+/g)
      ?.slice(0, 3)
      .includes(command),
  );
  const isServing = command === 'start' || command === 'dev';
  const shared = command === 'purge' || command === 'explain' || command === 'breaker' ? [] : [common];
  return [summary.trim(), ...shared, ...own, ...(isServing ? [sections.at(-1) ?? ''] : [])].join('\n\n').trimEnd();
}
