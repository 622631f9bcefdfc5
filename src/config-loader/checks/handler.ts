import { option } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** An Express handler writes to its second argument, which would be undefined here. */
export const checkHandler: RouteCheck = ({ file, written: { handler } }) => {
  if (typeof handler !== 'function' || handler.length < 2) return [];
  return [
    {
      code: 'P122',
      marks: [option(file, ['handler'])],
      message: 'a handler has one argument, the context, and returns the response',
      remedy: 'write handler: c => ({ … }); middleware of Express belongs in portico.config.ts: defineGateway({ use })',
    },
  ];
};
