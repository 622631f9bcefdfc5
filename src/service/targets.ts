import type { Target } from '../core/ports/transport.ts';
import type { Service } from '../define/service.ts';

/** The machines of a service. The loader has checked that there is one at least and that each is an address. */
export function targetsOf(service: Service): Target[] {
  return addresses(service).map(address => {
    const url = new URL(address);
    return { origin: url.origin, base: url.pathname.replace(/\/+$/, '') };
  });
}

function addresses(service: Service): readonly string[] {
  const { targets } = service.options;
  if (!('env' in targets)) return targets;
  const listed = (process.env[targets.env] ?? '')
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
  return listed.length > 0 ? listed : (targets.default ?? []);
}
