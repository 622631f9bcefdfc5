import { html, nothing } from './lit-html.js';

/** Keywords of JSON Schema that limit or illustrate a value, in the order in which they are shown. */
const FACTS = [
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'contentMediaType',
  'default',
  'example',
  'examples',
];

const CHOICES = { oneOf: 'one of', anyOf: 'any of', allOf: 'all of' };

/** A schema as rows. What is inside a schema is drawn when a reader opens it, so one that contains itself never loops. */
export function schemaView(view, schema, place) {
  const { target, name } = resolved(view.document, schema);
  return html`
    <p class="type">${typeOf(schema)}${name === undefined ? nothing : html` <span class="what">${typeOf(target)}</span>`}</p>
    ${about(target)} ${members(view, target, place)}
  `;
}

function members(view, schema, place) {
  const rows = membersOf(schema);
  if (rows.length === 0) return nothing;
  return html`<ul class="members">${rows.map((row, i) => member(view, row, `${place}/${i}`))}</ul>`;
}

function member(view, { label, isName, isRequired, schema }, place) {
  const { target } = resolved(view.document, schema);
  const title = html`
    ${isName ? html`<code class="name">${label}</code>` : html`<span class="label">${label}</span>`}
    <span class="type">${typeOf(schema)}</span>
    ${isRequired ? html`<span class="required">required</span>` : nothing}
  `;
  if (membersOf(target).length === 0) return html`<li><div class="row">${title}</div>${about(target)}</li>`;
  return html`<li>${view.fold(place, 'row', title, () => html`${about(target)} ${members(view, target, place)}`)}</li>`;
}

/** Texts and limits of a schema. */
function about(schema) {
  const facts = FACTS.filter(name => schema[name] !== undefined);
  return html`
    ${typeof schema.description === 'string' ? html`<p class="text">${schema.description}</p>` : nothing}
    ${schema.deprecated === true ? html`<p class="text">Deprecated.</p>` : nothing}
    ${
      facts.length === 0
        ? nothing
        : html`<ul class="facts">
            ${facts.map(name => html`<li>${name}: <code>${JSON.stringify(schema[name])}</code></li>`)}
          </ul>`
    }
  `;
}

/** The schemas within a schema. */
function membersOf(schema) {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows = [];
  const add = (label, inner, isName = false) => {
    if (isObject(inner)) rows.push({ label, isName, isRequired: isName && required.includes(label), schema: inner });
  };
  for (const [name, inner] of entriesOf(schema.properties)) add(name, inner, true);
  for (const [pattern, inner] of entriesOf(schema.patternProperties)) add(`names that match ${pattern}`, inner);
  add('all other names', schema.additionalProperties);
  for (const [i, inner] of listOf(schema.prefixItems).entries()) add(`item ${i + 1}`, inner);
  add('each item', schema.items);
  for (const [keyword, words] of Object.entries(CHOICES)) {
    for (const inner of listOf(schema[keyword])) add(words, inner);
  }
  add('not', schema.not);
  return rows;
}

/** The type in few words: `array of string`, `"a" | "b"`, the name of a component. */
export function typeOf(schema) {
  if (!isObject(schema)) return 'any';
  if (typeof schema.$ref === 'string') return nameOf(schema.$ref);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  for (const [keyword, words] of Object.entries(CHOICES)) {
    const inner = listOf(schema[keyword]);
    if (inner.length > 0)
      return inner.length > 4 ? `${words} ${inner.length}` : inner.map(typeOf).join(JOINED[keyword]);
  }
  if (schema.type === 'array' && isObject(schema.items)) return `array of ${typeOf(schema.items)}`;
  const types = listOf(schema.type).length > 0 ? schema.type.join(' | ') : schema.type;
  const format = typeof schema.format === 'string' ? ` (${schema.format})` : '';
  return typeof types === 'string' ? types + format : 'any';
}

const JOINED = { oneOf: ' | ', anyOf: ' | ', allOf: ' & ' };

/** A schema behind its references. */
function resolved(document, schema) {
  const seen = new Set();
  let target = schema;
  let name;
  while (isObject(target) && typeof target.$ref === 'string' && !seen.has(target.$ref)) {
    seen.add(target.$ref);
    name = nameOf(target.$ref);
    target = targetOf(document, target.$ref);
  }
  return { target: isObject(target) ? target : {}, name };
}

/** What a reference in the document names. */
export function targetOf(document, reference) {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference
    .slice(1)
    .split('/')
    .slice(1)
    .map(step => decoded(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce(
    (inner, step) => (isParent(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined),
    document,
  );
}

function nameOf(reference) {
  const [, name = reference] = /([^/]*)$/.exec(reference) ?? [];
  return decoded(name);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isParent = value => typeof value === 'object' && value !== null;

export const isObject = value => isParent(value) && !Array.isArray(value);

export const entriesOf = value => (isObject(value) ? Object.entries(value) : []);

const listOf = value => (Array.isArray(value) ? value : []);
