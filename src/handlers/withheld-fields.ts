import { mayPass, type PassedNames } from '../config/pass.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { WithheldListener } from '../core/ports/withheld-fields.ts';
import { cookieName } from './part-fields.ts';

/** Clients can invent names, so the number of remembered ones is limited. */
const MAX_REPORTED = 1_000;

/** Reports to a developer which fields of a client a part does not get, each name once. */
export class WithheldFieldsOfPart {
  readonly #route: string;
  readonly #part: string;
  readonly #isSet: (name: string) => boolean;
  readonly #report: WithheldListener;
  readonly #reported = new Set<string>();

  /** @param isSet whether the part sends a field of that lower-case name by its `headers`. */
  constructor(
    { route, part }: { readonly route: string; readonly part: string },
    isSet: (name: string) => boolean,
    report: WithheldListener,
  ) {
    this.#route = route;
    this.#part = part;
    this.#isSet = isSet;
    this.#report = report;
  }

  look(client: HeaderList, passed: PassedNames, service: string): void {
    const names = withheld(client, passed).filter(name => !this.#reported.has(name) && !this.#isSet(name));
    if (names.length === 0 || this.#reported.size > MAX_REPORTED) return;
    for (const name of names) this.#reported.add(name);
    this.#report({ route: this.#route, part: this.#part, service, names });
  }
}

function withheld(client: HeaderList, { headers, cookies }: PassedNames): readonly string[] {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(client.toObject())) {
    if (!mayPass(name) || headers.has(name)) continue;
    if (name !== 'cookie') names.add(name);
    else
      for (const pair of value.split(';')) if (!cookies.has(cookieName(pair))) names.add(`cookie ${cookieName(pair)}`);
  }
  return [...names];
}
