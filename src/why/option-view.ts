import { relative, sep } from 'node:path';
import type { LoadedRoute } from '../config/loaded-route.ts';
import { servicesPath } from '../config-loader/package-json.ts';
import { type OptionPlace, optionPosition } from '../config-loader/source/option-position.ts';
import type { OptionView } from '../core/request-view.ts';

export interface OptionSource {
  /** The project's folder. */
  readonly dir: string;
  readonly gatewayFile: string | undefined;
  readonly route: LoadedRoute;
  readonly part: string | undefined;
  readonly service: string | undefined;
}

/**
 * Where an option is written: in the part, the route, the defaults of its folders, the service or the gateway, the
 * nearest one first. Reads the files anew.
 */
export function optionView(name: string, source: OptionSource): OptionView {
  const steps = name.split('.');
  // `cache.vary` may be left out of a `cache` that is there, and `timeout` may be that of the whole.
  const paths = steps.map((_, i) => steps.slice(0, steps.length - i));
  for (const path of paths) {
    const position = optionPosition(source.dir, placesOf(path, source));
    if (position !== undefined) return { name, ...position };
  }
  return { name, file: undefined, line: undefined };
}

function placesOf(path: readonly string[], source: OptionSource): readonly OptionPlace[] {
  const { dir, gatewayFile, route, part, service } = source;
  const services = servicesFile(dir);
  const own: OptionPlace[] = part === undefined ? [] : [{ file: route.file, path: ['aggregate', part, ...path] }];
  const named = service === undefined ? [] : [route.file, ...(services === undefined ? [] : [services])];
  return [
    ...own,
    { file: route.file, path },
    ...foldersOf(route.file).map(file => ({ file, path })),
    ...named.map(file => ({ file, path, of: { name: service ?? '' } })),
    ...(gatewayFile === undefined ? [] : [{ file: gatewayFile, path }]),
  ];
}

/** The files of defaults from the folder of a route up to `routes/`. */
function foldersOf(file: string): readonly string[] {
  const steps = file.split('/').slice(0, -1);
  return steps.map((_, i) => `${steps.slice(0, steps.length - i).join('/')}/_defaults.ts`);
}

function servicesFile(dir: string): string | undefined {
  const path = servicesPath(dir);
  return path === undefined ? undefined : relative(dir, path).split(sep).join('/');
}
