import { API_DOCS_FILES } from '../../config/api-docs.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import type { Address } from '../address.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import { PLAIN_PATH } from './plain-path.ts';

interface Claim {
  readonly file: string;
  readonly address?: Address;
}

/** The gateway itself serves the page of the API: a route at one of its paths would hide a part of it. */
export function checkApiDocs(
  { apiDocs, health }: GatewayOptions,
  [config]: readonly string[],
  claims: readonly Claim[],
): readonly ProblemDraft[] {
  if (apiDocs === undefined || config === undefined) return [];
  const { path = DEFAULTS.apiDocs.path } = apiDocs;
  const mark = option(config, apiDocs.path === undefined ? ['apiDocs'] : ['apiDocs', 'path']);
  if (!PLAIN_PATH.test(path)) {
    return [
      {
        code: 'P122',
        marks: [mark],
        message: `"apiDocs.path" must be a plain path, not ${JSON.stringify(path)}`,
        remedy: "write letters and digits, without a query: path: '/api-docs'",
      },
    ];
  }
  const own = new Set([path, ...API_DOCS_FILES.map(name => `${path}/${name}`)]);
  const rivals = claims.flatMap(({ file, address }): readonly ProblemDraft[] => {
    if (address === undefined || !own.has(address.label)) return [];
    return [
      {
        code: 'P102',
        marks: [mark, { file, spot: { in: 'file' } }],
        message: `the page of the API and a file have the address ${address.label}`,
        remedy: 'name another path in "apiDocs", or rename the file',
      },
    ];
  });
  if (health === undefined || !own.has(health)) return rivals;
  const twice: ProblemDraft = {
    code: 'P102',
    marks: [mark, option(config, ['health'])],
    message: `the page of the API and "health" have the address ${health}`,
    remedy: 'name another path in "apiDocs" or in "health"',
  };
  return [...rivals, twice];
}
