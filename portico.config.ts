import { defineGateway } from 'portico';

// The page of the shop shows what the gateway did, and reads it from Server-Timing.
export default defineGateway({
  serverTiming: true,
  // Where the sign-in leads back to. demo/start.ts and demo/shop.ts set the variables.
  origin: process.env.SHOP_ORIGIN || 'http://localhost:8080',
  auth: {
    oidc: {
      issuer: process.env.SHOP_ISSUER || 'http://127.0.0.1:4011',
      clientId: process.env.SHOP_CLIENT_ID || 'lintel',
      secret: { env: 'SHOP_CLIENT_SECRET' },
      scopes: ['openid', 'offline_access', 'cart'],
      // The panel shows who is signed in.
      claims: ['name'],
    },
  },
  // On disk, since the server of the cart receives the tokens of users.
  session: { store: 'disk', keys: { env: 'SHOP_SESSION_KEYS' } },
});
