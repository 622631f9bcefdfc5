import type { CreateGatewayOptions } from '../../src/gateway.ts';
import { route, startGateway, type TestGateway } from './gateway.ts';
import { CLIENT, startProvider, type TestProvider } from './identity-provider.ts';
import { freePort } from './port.ts';

export interface SignInProject extends AsyncDisposable {
  readonly url: string;
  readonly provider: TestProvider;
  readonly gateway: TestGateway;
}

interface Wanted {
  /** The text of further options of the gateway. */
  readonly gateway?: string;
  /** The text of the options of `session`. */
  readonly session?: string;
  /** The text of further options of `auth.oidc`. */
  readonly oidc?: string;
  /** The text of further options of `auth`, with ISSUER for the provider. */
  readonly auth?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: CreateGatewayOptions;
  readonly accessSeconds?: number;
  /** The origin of the gateway in its own options. Default: where it listens. */
  readonly origin?: string;
  /** Further claims of every user. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** What the gateway takes for the provider's name. */
  readonly issuer?: (provider: string) => string;
  /** Whether the provider does not listen yet. */
  readonly isProviderDown?: boolean;
}

const KEY = 'ab'.repeat(32);

/** A gateway with sign-in at a real provider. Its origin holds the port, which another program may take first. */
export async function signInProject(wanted: Wanted = {}): Promise<SignInProject> {
  for (let tries = 1; ; tries++) {
    try {
      return await startedProject(wanted);
    } catch (error) {
      if (tries === 5 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}

async function startedProject({
  gateway = '',
  session = '',
  oidc = '',
  auth = '',
  files = {},
  options = {},
  accessSeconds = 3_600,
  origin,
  claims = {},
  issuer = provider => provider,
  isProviderDown = false,
}: Wanted): Promise<SignInProject> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startProvider({
    redirectUri: `${origin ?? url}/auth/callback`,
    accessSeconds,
    claims,
    backChannel: `${url}/auth/backchannel`,
  });
  if (isProviderDown) await provider.stop();
  const started = await startGateway(
    {
      ...signInFiles({ origin: origin ?? url, issuer: issuer(provider.issuer), session, gateway, oidc, auth }),
      ...files,
    },
    options,
    { port, host: 'localhost' },
  ).catch(async (error: unknown) => {
    await provider[Symbol.asyncDispose]();
    throw error;
  });
  return {
    url,
    provider,
    gateway: started,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

interface SignInFiles extends Pick<Wanted, 'gateway' | 'session' | 'oidc' | 'auth'> {
  readonly origin: string;
  readonly issuer: string;
}

/** The files of a project with sign-in. */
export function signInFiles({
  origin,
  issuer,
  gateway = '',
  session = '',
  oidc = '',
  auth = '',
}: SignInFiles): Record<string, string> {
  return {
    'portico.config.ts': `import { defineGateway } from 'portico';
      export default defineGateway({
        origin: '${origin}',
        auth: { oidc: { issuer: '${issuer}', clientId: '${CLIENT.id}', secret: '${CLIENT.secret}', ${oidc} },
          ${auth.replaceAll('ISSUER', `'${issuer}'`)} },
        session: { keys: '${KEY}', ${session} },
        ${gateway}
      });\n`,
    'routes/page.get.ts': route(`{ auth: 'required', handler: c => c.user }`),
    'routes/open.get.ts': route(`{ auth: 'optional', handler: c => ({ user: c.user?.subject ?? 'nobody' }) }`),
    'routes/order.post.ts': route(`{ auth: 'required', handler: c => ({ by: c.user?.subject }) }`),
  };
}
