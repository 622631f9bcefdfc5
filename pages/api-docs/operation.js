import { html, nothing } from './lit-html.js';
import { entriesOf, isObject, schemaView, targetOf } from './schema.js';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];

/** The operations of a document by path, in its order. */
export function operationsOf(document) {
  return entriesOf(document.paths).map(([path, item]) => ({
    path,
    operations: METHODS.filter(method => isObject(item?.[method])).map(method => {
      const operation = item[method];
      const id = String(operation.operationId ?? `${method} ${path}`);
      return { id, method: method.toUpperCase(), path, operation };
    }),
  }));
}

/** Everything that is known of an operation. */
export function operationView(view, { id, operation }) {
  const { description, servers, parameters, requestBody, responses } = operation;
  return html`
    ${typeof description === 'string' ? html`<p class="text">${description}</p>` : nothing}
    ${
      typeof operation['x-portico-path'] === 'string'
        ? html`<p class="text">The route is <code>${operation['x-portico-path']}</code>.</p>`
        : nothing
    }
    ${
      Array.isArray(servers)
        ? html`<p class="text">At ${servers.map(({ url }, i) => html`${i > 0 ? ', ' : ''}<code>${url}</code>`)}</p>`
        : nothing
    }
    ${Array.isArray(parameters) ? section('Parameters', parametersView(view, parameters, id)) : nothing}
    ${isObject(requestBody) ? section('Body', contentView(view, behind(view, requestBody), `${id}/body`)) : nothing}
    ${section('Responses', responsesView(view, responses, id))}
  `;
}

function section(title, content) {
  return html`<section class="part"><h3>${title}</h3>${content}</section>`;
}

function parametersView(view, parameters, id) {
  return html`<ul class="parameters">
    ${parameters
      .map(each => behind(view, each))
      .map(
        ({ name, in: where, required, description, schema }, i) => html`<li>
        <div class="row">
          <code class="name">${name}</code> <span class="what">${where}</span>
          ${required === true ? html`<span class="required">required</span>` : nothing}
        </div>
        ${typeof description === 'string' ? html`<p class="text">${description}</p>` : nothing}
        ${schemaView(view, schema, `${id}/parameters/${i}`)}
      </li>`,
      )}
  </ul>`;
}

function responsesView(view, responses, id) {
  return html`<ul class="responses">
    ${entriesOf(responses).map(([status, reference]) => {
      const response = behind(view, reference);
      const place = `${id}/responses/${status}`;
      const title = html`<code class="status">${status === 'default' ? 'else' : status}</code> ${response.description}`;
      return html`<li>${view.fold(place, 'row', title, () => contentView(view, response, place))}</li>`;
    })}
  </ul>`;
}

/** The headers and media types of a body or a response. */
function contentView(view, { content, headers }, place) {
  const types = entriesOf(content);
  return html`
    ${
      entriesOf(headers).length === 0
        ? nothing
        : html`<p class="text">
            Headers: ${entriesOf(headers).map(([name], i) => html`${i > 0 ? ', ' : ''}<code>${name}</code>`)}
          </p>`
    }
    ${types.length === 0 ? html`<p class="text">No content.</p>` : nothing}
    ${types.map(
      ([type, { schema }]) => html`<div class="media">
        <p class="what">${type === '*/*' ? 'any media type' : type}</p>
        ${isObject(schema) ? schemaView(view, schema, `${place}/${type}`) : nothing}
      </div>`,
    )}
  `;
}

function behind({ document }, value) {
  const target = isObject(value) && typeof value.$ref === 'string' ? targetOf(document, value.$ref) : value;
  return isObject(target) ? target : {};
}
