import { compileSchema } from '../../config/schema.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** Every declared schema is valid. */
export const checkSchemas: RouteCheck = ({ file, written }) => {
  const schemas = [
    { path: ['params'], schema: written.params, coerce: true },
    { path: ['query'], schema: written.query, coerce: true },
    { path: ['body'], schema: written.body, coerce: false, defaults: true },
    { path: ['response'], schema: written.response, coerce: false },
    ...Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
      path: ['aggregate', name, 'response'],
      schema: part.response,
      coerce: false,
    })),
  ];
  return schemas.flatMap(({ path, schema, ...use }): readonly ProblemDraft[] => {
    try {
      compileSchema(schema, use);
      return [];
    } catch (error) {
      return [
        {
          code: 'P135',
          marks: [option(file, path)],
          message: error instanceof Error ? error.message : String(error),
          remedy:
            'write JSON Schema 2020-12, a TypeBox schema, any Standard Schema, or type<T>() for a type without a check',
        },
      ];
    }
  });
};
