import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { cert, key } from '../support/certificate.ts';
import { runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

describe('an https target', () => {
  it('is called only with a trusted certificate', async () => {
    const server = createServer({ key, cert }, (_req, res) => res.end('over TLS'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    own({ [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const project = own(
      await createProject({
        'routes/named.get.ts': route(`{ proxy: 'https://localhost:${port}' }`),
        'ca.pem': cert,
      }),
    );
    const stranger = own(await runPortico(['start', '--dir', project.dir]));
    const refused = await fetch(`${stranger.url}/named`);
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({ code: 'upstream.untrusted' });
    const friend = own(
      await runPortico(['start', '--dir', project.dir], { NODE_EXTRA_CA_CERTS: `${project.dir}/ca.pem` }),
    );
    expect(await (await fetch(`${friend.url}/named`)).text()).toBe('over TLS');
  });
});
