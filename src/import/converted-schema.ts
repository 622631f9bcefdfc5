import type { ImportReport } from './import-report.ts';
import type { References } from './references.ts';

/** Fields that only responses have are not required in requests, and the reverse. */
export type MessageSide = 'request' | 'response';

/** A reference to another schema of the document, with the keywords beside it. */
export class SchemaReference {
  /** The JSON pointer of the schema. */
  readonly target: string;
  readonly beside: ConvertedObject;

  constructor(target: string, beside: ConvertedObject) {
    this.target = target;
    this.beside = beside;
  }
}

/** A schema in JSON Schema 2020-12 whose references are not resolved yet. */
export type Converted = null | boolean | number | string | SchemaReference | readonly Converted[] | ConvertedObject;

export interface ConvertedObject {
  readonly [keyword: string]: Converted;
}

export interface Conversion {
  readonly isOldDialect: boolean;
  readonly side: MessageSide;
  readonly references: References;
  readonly report: ImportReport;
}

export function isList(value: Converted): value is readonly Converted[] {
  return Array.isArray(value);
}

export function isMembers(value: Converted): value is ConvertedObject {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof SchemaReference);
}
