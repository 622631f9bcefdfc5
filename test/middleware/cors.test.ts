import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

const APP = 'https://app.example';
const OTHER = 'https://other.example';

describe('a route with cors', () => {
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    backend = await startBackend((req, res) => {
      res.setHeader('Access-Control-Allow-Origin', 'https://backend.example');
      res.setHeader('Access-Control-Max-Age', '5');
      res.setHeader('Cache-Control', 'max-age=60');
      if (req.url === '/varied') res.setHeader('Vary', 'Accept-Language');
      res.end('from the backend');
    });
    const proxied = (path: string, more = '') => route(`{ proxy: '${backend.url}${path}', ${more} }`);
    gateway = await startGateway({
      'routes/api/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ cors: { origins: ['${APP}'], credentials: true, exposedHeaders: ['x-total', 'etag'] } });`,
      'routes/api/plain.ts': proxied('/plain'),
      'routes/api/varied.get.ts': proxied('/varied'),
      'routes/api/stored.get.ts': proxied('/stored', `cache: {}`),
      'routes/api/closed.get.ts': proxied('/closed', 'cors: false'),
      'routes/api/guarded.put.ts': route(`{ guard: () => refuse(401, 'sign in'), handler: () => 1 }`),
      'routes/api/limited.post.ts': route(
        `{ cors: { allowedHeaders: ['x-mine', 'content-type'], maxAge: '2h' }, body: { type: 'object' }, handler: () => 1 }`,
      ),
      'routes/api/limited.options.ts': route(`{ handler: () => 'options of its own' }`),
      'routes/api/dead.get.ts': route(`{ proxy: 'http://127.0.0.1:1/dead' }`),
      'routes/open.get.ts': route(`{ cors: { origins: ['*'] }, handler: () => 1 }`),
    });
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await backend?.[Symbol.asyncDispose]();
  });

  const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(gateway.url + path, { method, headers });
  const asks = (path: string, method: string, headers: Record<string, string> = { origin: APP }) =>
    call(path, { 'access-control-request-method': method, ...headers }, 'OPTIONS');
  const ofCors = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

  const GRANTED = {
    'access-control-allow-origin': APP,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'x-total, etag',
  };

  it('lets pages of its origins read a response, with the fields of the gateway alone', async () => {
    const response = await call('/api/plain', { origin: APP });
    expect(await response.text()).toBe('from the backend');
    expect(ofCors(response)).toEqual(GRANTED);
    expect(response.headers.get('vary')).toContain('origin');
  });

  it.each([undefined, OTHER, 'null'])('says nothing to the origin %s, but that others get more', async origin => {
    const response = await call('/api/plain', origin === undefined ? {} : { origin });
    expect(response.status).toBe(200);
    expect(ofCors(response)).toEqual({});
    expect(response.headers.get('vary')).toContain('origin');
  });

  it('keeps the Vary of the backend', async () => {
    const { headers } = await call('/api/varied', { origin: APP });
    expect(headers.get('vary')).toContain('Accept-Language');
    expect(headers.get('vary')).toContain('origin');
  });

  it('gives each origin its own fields of one stored response', async () => {
    const responses = [];
    for (const origin of [OTHER, APP, OTHER]) responses.push(await call('/api/stored', { origin }));
    expect(responses.map(ofCors)).toEqual([{}, GRANTED, {}]);
    expect(responses[2]?.headers.get('cache-status')).toContain('hit');
    expect(backend.requests.filter(({ url }) => url === '/stored')).toHaveLength(1);
  });

  it('lets a page read a failure: of a guard, of a body, of the backend', async () => {
    const failures = [
      await call('/api/guarded', { origin: APP }, 'PUT'),
      await call('/api/limited', { origin: APP }, 'POST'),
      await call('/api/dead', { origin: APP }),
    ];
    expect(failures.map(({ status }) => status)).toEqual([401, 422, 502]);
    for (const failure of failures) {
      expect(failure.headers.get('access-control-allow-origin')).toBe(APP);
      expect(failure.headers.get('vary')).toContain('origin');
    }
    expect((await call('/api/guarded', { origin: OTHER }, 'PUT')).headers.has('access-control-allow-origin')).toBe(
      false,
    );
  });

  it('leaves the fields of the backend alone where it is switched off', async () => {
    const response = await call('/api/closed', { origin: APP });
    expect(ofCors(response)).toEqual({
      'access-control-allow-origin': 'https://backend.example',
      'access-control-max-age': '5',
    });
    expect(response.headers.has('vary')).toBe(false);
  });

  it('for everybody is the same for everybody, and does not vary', async () => {
    for (const headers of [{}, { origin: OTHER }] as Record<string, string>[]) {
      const response = await call('/open', headers);
      expect(ofCors(response)).toEqual({ 'access-control-allow-origin': '*' });
      expect(response.headers.has('vary')).toBe(false);
    }
  });

  describe('answers a preflight', () => {
    it('without the guard and the backend', async () => {
      const response = await asks('/api/guarded', 'PUT', {
        origin: APP,
        'access-control-request-headers': 'content-type,x-other',
      });
      expect(response.status).toBe(204);
      expect(ofCors(response)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'content-type,x-other',
        'access-control-max-age': '600',
      });
      expect(response.headers.get('vary')).toBe(
        'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      );
    });

    it('with the headers and the time of the route, also where a file answers OPTIONS', async () => {
      const response = await asks('/api/limited', 'POST', { origin: APP, 'access-control-request-headers': 'x-other' });
      expect(response.headers.get('access-control-allow-headers')).toBe('x-mine, content-type');
      expect(response.headers.get('access-control-max-age')).toBe('7200');
      expect(await (await call('/api/limited', {}, 'OPTIONS')).text()).toBe('options of its own');
    });

    it('of a route for all methods, which gets other OPTIONS itself', async () => {
      const sent = backend.requests.length;
      expect((await asks('/api/plain', 'DELETE')).headers.get('access-control-allow-methods')).toBe('DELETE');
      expect(backend.requests).toHaveLength(sent);
      expect((await call('/api/plain', { origin: APP }, 'OPTIONS')).status).toBe(200);
      expect(backend.requests).toHaveLength(sent + 1);
    });

    it.each([OTHER, 'null', 'https://app.example.evil.example'])('of the origin %s with 403', async origin => {
      const response = await asks('/api/guarded', 'PUT', { origin });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'request.forbidden' });
      expect(ofCors(response)).toEqual({});
      expect(response.headers.get('vary')).toBe('Origin');
    });

    it('of an address that there is not with 404, and of a method that there is not without a permission', async () => {
      expect((await asks('/api/nothing', 'GET')).status).toBe(404);
      const response = await asks('/api/guarded', 'DELETE');
      expect([response.status, ofCors(response)]).toEqual([204, {}]);
      expect(response.headers.get('allow')).toBe('PUT, OPTIONS');
    });

    it.each(['TRACE', 'connect', 'GET, DELETE', ' '])('of the method %j not at all', async method => {
      expect(ofCors(await asks('/api/plain', method))).not.toHaveProperty('access-control-allow-methods');
    });

    it('without repeating what is no list of names', async () => {
      const response = await asks('/open', 'GET', { origin: OTHER, 'access-control-request-headers': 'a,<b>' });
      expect(ofCors(response)).toEqual({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET',
        'access-control-max-age': '600',
      });
    });

    it('and explains it', () => {
      const headers = { origin: APP, 'access-control-request-method': 'PUT' };
      const request = { method: 'OPTIONS', path: '/api/guarded', headers };
      expect(gateway.gateway.explain(request).outcome).toMatchObject({ kind: 'own-response', status: 204 });
      const refused = { ...request, headers: { ...headers, origin: OTHER } };
      expect(gateway.gateway.explain(refused).outcome).toMatchObject({ kind: 'refused', status: 403 });
    });
  });
});
