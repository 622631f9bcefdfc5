import { startIdentity } from './identity.ts';

// The identity provider alone, for a first sign-in with a project of your own: npm run identity -- http://localhost:8080

const PORT = 4020;

const origin = process.argv[2] ?? 'http://localhost:8080';
if (URL.parse(origin)?.origin !== origin) {
  process.stderr.write(`"${origin}" is no origin; write one such as http://localhost:8080\n`);
  process.exit(2);
}
const { issuer, client } = await startIdentity(origin, { port: PORT, clientId: 'shop' });
process.stdout.write(`An identity provider for ${origin} listens at ${issuer}, until Ctrl-C. For the gateway:

  export ISSUER=${issuer} OIDC_SECRET=${client.secret}
`);
