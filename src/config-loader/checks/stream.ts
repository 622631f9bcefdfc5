import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** What a streamed aggregate has nothing to apply to, with the remedy. */
const OF_ONE_RESPONSE = {
  reply: 'remove it: each part is sent as it is; or remove `stream`',
  response: 'remove it: each part has the schema of its value',
  cache: 'move it to the parts: each of them may have cache',
  fallback: 'move it to the parts: each of them may have fallback',
} as const;

/** A streamed aggregate never is one response. */
export const checkStream: RouteCheck = ({ file, written, kind }) => {
  if (kind !== 'aggregate' || written.stream !== true) return [];
  return Object.entries(OF_ONE_RESPONSE).flatMap(([name, remedy]): readonly ProblemDraft[] => {
    const value = written[name as keyof typeof OF_ONE_RESPONSE];
    if (value === undefined || value === false) return [];
    return [
      {
        code: 'P150',
        marks: [option(file, [name], 'key')],
        message: `\`${name}\` is about one response of all parts, and \`stream\` sends each part alone`,
        remedy,
      },
    ];
  });
};
