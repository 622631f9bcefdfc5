/**
 * A project of one service and routes that proxy to it.
 * @param service the second argument of `defineService('backend', ...)`.
 * @param routes the options beside `proxy` by file: `{ 'a.get.ts': "timeout: '1s'" }`.
 */
export function proxying(service: string, routes: Readonly<Record<string, string>>): Record<string, string> {
  const files = Object.entries(routes).map(([file, policies]) => [`routes/${file}`, routeWith(policies)]);
  const services = `import { defineService } from 'portico';
    export const backend = defineService('backend', ${service});\n`;
  return { 'services.ts': services, ...Object.fromEntries(files) };
}

function routeWith(policies: string): string {
  return `import { defineRoute } from 'portico';
import { backend } from '#services';
export default defineRoute({ proxy: backend, ${policies} });
`;
}
