import { isIP } from 'node:net';
import type { GatewayOptions } from '../../define/gateway.ts';
import { type Draft, option } from '../draft.ts';

/** Who is believed is named as an address or a range of addresses. */
export function checkTrustedProxies(file: string, { trustedProxies = [] }: GatewayOptions): readonly Draft[] {
  return trustedProxies.flatMap((range, i): readonly Draft[] => {
    if (isRange(range)) return [];
    return [
      {
        code: 'P122',
        marks: [option(file, ['trustedProxies', String(i)])],
        message: `${JSON.stringify(range)} is no address and no CIDR range`,
        remedy: "write '10.0.0.7', '10.0.0.0/8' or '::1'",
      },
    ];
  });
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
