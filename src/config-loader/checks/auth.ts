import type { RequiredAuth, RouteAuth } from '../../config/auth.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { FolderDefaultsOptions } from '../../config/folder-defaults.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from '../../core/user.ts';
import { fixedServiceOf } from '../call-target.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteFile } from '../route-file.ts';

/** A route with the `_defaults.ts` files above it. */
export interface GuardedRoute {
  readonly route: RouteFile;
  readonly folders: readonly { readonly file: string; readonly options: FolderDefaultsOptions }[];
}

/**
 * What routes require of users has to be possible with the gateway's credentials, and what they store must not reach
 * other users.
 */
export function checkAuth(
  gateway: GatewayOptions,
  configFile: string | undefined,
  guarded: readonly GuardedRoute[],
): readonly ProblemDraft[] {
  const drafts = guarded.flatMap(each => [
    ...impossible(gateway, each),
    ...widening(each),
    ...unscoped(each.route),
    ...keptForever(each.route),
    ...tokenDrafts(gateway, configFile, each.route),
    ...belowSignIn(gateway, configFile, each.route),
  ]);
  // Several routes inherit the same line.
  return [
    ...new Map(
      drafts.map(draft => [`${draft.marks[0].file} ${JSON.stringify(draft.marks[0].spot)} ${draft.message}`, draft]),
    ).values(),
  ];
}

function credentialsOf({ auth }: GatewayOptions): ReadonlySet<CredentialKind> {
  const known = { session: auth?.oidc, jwt: auth?.jwt, apiKey: auth?.apiKey };
  return new Set(CREDENTIAL_KINDS.filter(kind => known[kind] !== undefined));
}

/** The files that say something about who may call the route, the outermost first. */
function levelsOf({ route, folders }: GuardedRoute): readonly { readonly file: string; readonly auth: RouteAuth }[] {
  const all = [
    ...folders.map(({ file, options }) => ({ file, auth: options.auth })),
    { file: route.file, auth: route.written.auth },
  ];
  const open = all.map(({ auth }) => auth).lastIndexOf(false);
  return all
    .slice(open + 1)
    .flatMap(({ file, auth }) => (auth === undefined || auth === false ? [] : [{ file, auth }]));
}

function impossible(gateway: GatewayOptions, guarded: GuardedRoute): readonly ProblemDraft[] {
  const known = credentialsOf(gateway);
  const accepted = new Set(known);
  for (const { file, auth } of levelsOf(guarded)) {
    const by = typeof auth === 'object' ? (auth as RequiredAuth).by : undefined;
    const before = accepted.size;
    if (by !== undefined) for (const kind of accepted) if (!by.includes(kind)) accepted.delete(kind);
    if (accepted.size > 0) continue;
    const isNone = known.size === 0;
    return [
      {
        code: 'P164',
        marks: [option(file, by === undefined || isNone ? ['auth'] : ['auth', 'by'])],
        message: isNone
          ? 'the gateway recognises nobody, so nobody could call this'
          : before === 0 || by === undefined
            ? 'nothing is left by which somebody could call this'
            : `the gateway accepts ${[...known].join(' and ')} here, and not ${by.join(' or ')}`,
        remedy: isNone
          ? 'write auth: { oidc: … }, { jwt: … } or { apiKey: … } in portico.config.ts'
          : 'name a credential that the gateway has in its `auth`, and that the outer folders accept',
      },
    ];
  }
  return [];
}

/** A nearer `optional` does not make a user optional whom an outer folder requires. */
function widening(guarded: GuardedRoute): readonly ProblemDraft[] {
  const levels = levelsOf(guarded);
  const required = levels.findIndex(({ auth }) => auth !== 'optional');
  const widened = required < 0 ? undefined : levels.slice(required + 1).find(({ auth }) => auth === 'optional');
  if (widened === undefined) return [];
  return [
    {
      code: 'P165',
      marks: [option(widened.file, ['auth'])],
      message: `\`optional\` changes nothing here: ${levels[required]?.file} requires a user`,
      remedy: 'remove it, or write auth: false, which lets everybody call this',
    },
  ];
}

type CacheOfSite = { readonly scope?: unknown; readonly shared?: unknown; readonly keepForever?: unknown };

/** The caches of a route and of its parts, with the path to each. */
function cachesOf({
  merged,
  written,
}: RouteFile): readonly { readonly path: readonly string[]; readonly cache: CacheOfSite }[] {
  const parts = Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
    path: ['aggregate', name, 'cache'],
    cache: part.cache,
  }));
  const all = [{ path: ['cache'], cache: merged.cache }, ...parts];
  return all.flatMap(({ path, cache }) => (typeof cache === 'object' ? [{ path, cache: cache as CacheOfSite }] : []));
}

function unscoped(route: RouteFile): readonly ProblemDraft[] {
  if (route.merged.authRules === undefined) return [];
  return cachesOf(route).flatMap(({ path, cache }): readonly ProblemDraft[] => {
    if (cache.scope === 'user' || cache.shared === true) return [];
    return [
      {
        code: 'P166',
        marks: [option(route.file, path)],
        message: 'this route recognises users, and its cache does not say whether they share a response',
        remedy: "write scope: 'user' for a response for each user, or shared: true for one for all of them",
      },
    ];
  });
}

/** A year is longer than anybody keeps an account. */
function keptForever(route: RouteFile): readonly ProblemDraft[] {
  if (route.merged.authRules === undefined) return [];
  return cachesOf(route).flatMap(({ path, cache }): readonly ProblemDraft[] => {
    if (cache.keepForever === undefined || cache.keepForever === false) return [];
    return [
      {
        code: 'P167',
        marks: [option(route.file, [...path, 'keepForever'])],
        message: 'a response behind `auth` would be kept for a year, and `portico warm` cannot sign in',
        remedy: 'remove keepForever, or `auth`',
      },
    ];
  });
}

function tokenDrafts(
  gateway: GatewayOptions,
  configFile: string | undefined,
  route: RouteFile,
): readonly ProblemDraft[] {
  const { written, merged } = route;
  const sites = [
    { path: ['proxy'], service: fixedServiceOf(written.proxy), cache: merged.cache },
    ...Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
      path: ['aggregate', name, 'from'],
      service: fixedServiceOf(part.from),
      cache: part.cache,
    })),
  ];
  return sites.flatMap(({ path, service, cache }): readonly ProblemDraft[] => {
    const token = service?.options?.token;
    if (service === undefined || token === undefined) return [];
    const isOfUser = token === 'user' || 'exchange' in token;
    const missing = missingFor(gateway, token);
    const drafts: ProblemDraft[] =
      missing === undefined
        ? []
        : [
            {
              code: 'P168',
              marks: [option(route.file, path), ...(configFile === undefined ? [] : [option(configFile, ['session'])])],
              message: `the service "${service.serviceName}" receives a token, and ${missing.message}`,
              remedy: missing.remedy,
            },
          ];
    const caches = [cache, path[0] === 'proxy' ? undefined : merged.cache];
    const isShared = caches.some(each => typeof each === 'object' && (each as CacheOfSite).scope !== 'user');
    if (isOfUser && isShared) {
      drafts.push({
        code: 'P169',
        marks: [option(route.file, path)],
        message: `the service "${service.serviceName}" receives the token of a user, and the response would be stored for all`,
        remedy: "write scope: 'user' in the cache, or remove it",
      });
    }
    return drafts;
  });
}

function missingFor(
  { auth, session }: GatewayOptions,
  token: NonNullable<unknown>,
): { readonly message: string; readonly remedy: string } | undefined {
  if (auth?.oidc === undefined && token !== 'user')
    return { message: 'no identity provider makes one', remedy: 'add auth.oidc to portico.config.ts' };
  if (auth?.oidc === undefined && auth?.jwt === undefined)
    return {
      message: 'the gateway recognises no user who has one',
      remedy: 'add auth.oidc or auth.jwt to portico.config.ts',
    };
  const isOfClient = typeof token === 'object' && 'client' in token;
  const inCookie = auth.oidc !== undefined && auth.jwt === undefined && (session?.store ?? 'cookie') === 'cookie';
  if (isOfClient || !inCookie) return undefined;
  return {
    message: 'a session in a cookie has none',
    remedy: "write session: { store: 'disk' } or 'redis' in portico.config.ts",
  };
}

/** The gateway's own routes would be hidden, or would hide a route. */
function belowSignIn(
  { auth }: GatewayOptions,
  configFile: string | undefined,
  { file, address }: RouteFile,
): readonly ProblemDraft[] {
  if (auth?.oidc === undefined || configFile === undefined) return [];
  const path = auth.path ?? DEFAULTS.auth.path;
  if (address.label !== path && !address.label.startsWith(`${path}/`)) return [];
  return [
    {
      code: 'P102',
      marks: [
        { file, spot: { in: 'file' } },
        option(configFile, auth.path === undefined ? ['auth'] : ['auth', 'path']),
      ],
      message: `the sign-in has the addresses below ${path}`,
      remedy: 'move the file, or name another path in "auth.path"',
    },
  ];
}
