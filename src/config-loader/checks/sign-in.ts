import type { GatewayOptions } from '../../config/gateway.ts';
import { type Secret, secretText } from '../../config/secret.ts';
import { keyBytes, keyTexts } from '../../config/session-keys.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import { isLocal } from './origin.ts';
import { PLAIN_PATH } from './plain-path.ts';

/** What the sign-in needs of the gateway's other options. */
export function checkSignIn(file: string, gateway: GatewayOptions): readonly ProblemDraft[] {
  const { origin, auth, session } = gateway;
  const drafts: ProblemDraft[] = [];
  const oidc = auth?.oidc;
  const needs = (code: 'P160', path: readonly string[], message: string, remedy: string) =>
    drafts.push({ code, marks: [option(file, path)], message, remedy });
  if (oidc !== undefined && origin === undefined)
    needs(
      'P160',
      ['auth', 'oidc'],
      'the sign-in has no `origin`, to which the provider leads browsers back',
      "write origin: 'https://shop.example'",
    );
  if (oidc !== undefined && session === undefined)
    needs(
      'P160',
      ['auth', 'oidc'],
      'the sign-in has no `session`, which remembers who signed in',
      "write session: { keys: { env: 'SESSION_KEYS' } }",
    );
  if (oidc === undefined && session !== undefined)
    needs('P160', ['session'], 'nobody can sign in, so no session begins', 'add auth.oidc, or remove `session`');
  if (auth !== undefined && oidc === undefined && auth.jwt === undefined && auth.apiKey === undefined)
    needs(
      'P160',
      ['auth'],
      '`auth` has nothing by which users are recognised',
      'add oidc, jwt or apiKey, or remove `auth`',
    );
  if (auth?.path !== undefined && !PLAIN_PATH.test(auth.path)) {
    drafts.push({
      code: 'P122',
      marks: [option(file, ['auth', 'path'])],
      message: `"auth.path" must be a plain path, not ${JSON.stringify(auth.path)}`,
      remedy: "write letters and digits, without a query: path: '/auth'",
    });
  }
  return [...drafts, ...plainDrafts(file, gateway), ...scopeDrafts(file, gateway), ...keyDrafts(file, gateway)];
}

/** Over plain HTTP anybody on the way could read tokens, and replace the keys by which they are verified. */
function plainDrafts(file: string, { auth }: GatewayOptions): readonly ProblemDraft[] {
  const written: readonly (readonly [path: readonly string[], url: string | undefined])[] = [
    [['auth', 'oidc', 'issuer'], auth?.oidc?.issuer],
    [['auth', 'jwt', 'issuer'], auth?.jwt?.issuer],
    [['auth', 'jwt', 'keys'], auth?.jwt?.keys],
  ];
  return written.flatMap(([path, text]): readonly ProblemDraft[] => {
    const url = text === undefined ? null : URL.parse(text);
    if (url === null || url.protocol === 'https:' || isPrivate(url.hostname)) return [];
    return [
      {
        code: 'P170',
        marks: [option(file, path)],
        message: `over "${url.origin}" anybody on the network could read tokens, or make some up`,
        remedy: `write 'https://${url.host}${url.pathname}'; http is for localhost, and for names without a dot`,
      },
    ];
  });
}

/** A name without a dot is one of a private network, such as that of containers. */
function isPrivate(hostname: string): boolean {
  return isLocal(hostname) || !/[.:]/.test(hostname);
}

/** A cookie has no place for tokens: requests at once would renew one that the provider takes a single time. */
function scopeDrafts(file: string, { auth, session }: GatewayOptions): readonly ProblemDraft[] {
  const at = auth?.oidc?.scopes?.indexOf('offline_access') ?? -1;
  if (at < 0 || session === undefined || (session.store ?? 'cookie') !== 'cookie') return [];
  return [
    {
      code: 'P161',
      marks: [option(file, ['auth', 'oidc', 'scopes', String(at)])],
      message: 'a session in a cookie keeps no tokens, so `offline_access` is requested for nothing',
      remedy: "write session: { store: 'disk' } or 'redis', or remove the scope",
    },
  ];
}

/** Keys that stand in the file itself; those of a variable are read when the gateway starts. */
function keyDrafts(file: string, { session }: GatewayOptions): readonly ProblemDraft[] {
  const keys = session?.keys;
  if (keys === undefined || (typeof keys === 'object' && 'env' in keys)) return [];
  const many = Array.isArray(keys);
  return [keys].flat().flatMap((text, i) => {
    if (keyBytes(String(text)) !== undefined) return [];
    const path = many ? ['session', 'keys', String(i)] : ['session', 'keys'];
    return [shortKey(file, path, 'this key')];
  });
}

/** Secrets that are missing where the gateway serves. @param mode `dev` makes session keys up. */
export function checkSecrets(
  file: string,
  { auth, session }: GatewayOptions,
  mode: 'dev' | 'production',
  env: Readonly<Record<string, string | undefined>>,
): readonly ProblemDraft[] {
  const drafts: ProblemDraft[] = [];
  const unset = (secret: Secret | readonly string[] | undefined, path: readonly string[]) => {
    if (secret === undefined || Array.isArray(secret)) return;
    const named = secret as Secret;
    if (typeof named !== 'string' && secretText(named, env) === undefined)
      drafts.push(unsetVariable(file, path, named.env));
  };
  unset(auth?.oidc?.secret, ['auth', 'oidc', 'secret']);
  unset(auth?.apiKey?.hashes, ['auth', 'apiKey', 'hashes']);
  if (session === undefined || mode === 'dev') return drafts;
  if (session.keys === undefined) {
    drafts.push({
      code: 'P162',
      marks: [option(file, ['session'])],
      message: 'sessions have no keys that seal them',
      remedy: "write keys: { env: 'SESSION_KEYS' }, and set the variable to: openssl rand -base64 32",
    });
  } else unset(session.keys, ['session', 'keys']);
  const { keys } = session;
  if (typeof keys === 'object' && 'env' in keys) {
    const isShort = keyTexts(session, env)?.some(text => keyBytes(text) === undefined) === true;
    if (isShort) drafts.push(shortKey(file, ['session', 'keys'], `a key in ${keys.env}`));
  }
  return drafts;
}

// The text itself is a secret.
function shortKey(file: string, path: readonly string[], which: string): ProblemDraft {
  return {
    code: 'P162',
    marks: [option(file, path)],
    message: `${which} is shorter than 32 bytes, or neither hexadecimal nor base64`,
    remedy: 'make one with: openssl rand -base64 32',
  };
}

function unsetVariable(file: string, path: readonly string[], name: string): ProblemDraft {
  return {
    code: 'P163',
    marks: [option(file, path)],
    message: `the environment variable ${name} is not set`,
    remedy: `set ${name}, or name another variable`,
  };
}
