import { defineGateway } from 'portico';

export default defineGateway({
  // A load balancer sends its checks here: 200, or 503 while the gateway drains.
  health: '/healthz',
  // Who is in front: addresses, ranges, or "unix". Nobody else may say who a client is.
  trustedProxies: list(process.env.TRUSTED_PROXIES ?? '127.0.0.1,unix'),
  // A Redis is named by REDIS_URL, where there is one.
});

function list(text: string): readonly string[] {
  return text.split(',').filter(entry => entry !== '');
}
