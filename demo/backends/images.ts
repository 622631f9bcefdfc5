import { createHash } from 'node:crypto';
import { type Backend, startBackend } from './backend.ts';
import { PICTURES } from './pictures/pictures.ts';
import { type BackendResponse, notFound } from './response.ts';

interface Picture {
  readonly svg: string;
  readonly etag: string;
}

export function startImages(): Promise<Backend> {
  const pictures = new Map(Object.entries(PICTURES).map(([id, svg]) => [id, { svg, etag: etagOf(svg) }]));
  return startBackend({
    name: 'images',
    handlers: {
      'GET /assets/products/:file': ({ params: { file = '' }, headers }) => {
        const picture = pictures.get(file.replace(/\.svg$/, ''));
        return picture && file.endsWith('.svg') ? show(picture, headers['if-none-match']) : notFound('picture');
      },
    },
  });
}

function show({ svg, etag }: Picture, known = ''): BackendResponse {
  const headers = { ETag: etag, 'Cache-Control': 'public, max-age=3600' };
  // RFC 9110 §13.1.2: If-None-Match compares weakly, and may be a list or *.
  const same = known.split(',').some(tag => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  if (same) return { status: 304, headers, text: '' };
  return { headers: { ...headers, 'Content-Type': 'image/svg+xml' }, text: svg };
}

const etagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"`;
