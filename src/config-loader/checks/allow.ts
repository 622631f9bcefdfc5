import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';
import { isRange } from './gateway.ts';

export const checkAllow: RouteCheck = ({ file, written }) => allowDrafts(file, written.allow);

/** The mistakes of one file's own list. */
export function allowDrafts(file: string, allow: unknown): readonly ProblemDraft[] {
  if (!Array.isArray(allow)) return [];
  if (allow.length === 0) {
    return [
      {
        code: 'P122',
        marks: [option(file, ['allow'])],
        message: '`allow` lists nobody, so every request would be 403',
        remedy: "write addresses or ranges: ['10.0.0.0/8'], or remove it",
      },
    ];
  }
  const ranges: readonly unknown[] = allow;
  return ranges.flatMap((range, i): readonly ProblemDraft[] => {
    if (typeof range !== 'string' || isRange(range)) return [];
    return [
      {
        code: 'P122',
        marks: [option(file, ['allow', String(i)])],
        message: `${JSON.stringify(range)} is no address and no CIDR range`,
        remedy: "write '10.0.0.7', '10.0.0.0/8' or '::1'",
      },
    ];
  });
}
