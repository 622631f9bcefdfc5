/** The longest cookie that browsers keep is 4,096 bytes with its name (RFC 6265 §6.1). */
const MAX_BYTES = 3_900;

/** How the gateway's own cookies are named and sent. */
export class SessionCookie {
  /** Of every own cookie. */
  readonly prefix: string;
  /** Of the session. */
  readonly name: string;
  readonly #isSecure: boolean;
  readonly #sameSite: 'Strict' | 'Lax';

  /** @param origin browsers keep a `__Host-` cookie of an https origin only; http is for localhost. */
  constructor(origin: string, sameSite: 'strict' | 'lax') {
    this.#isSecure = origin.startsWith('https:');
    this.#sameSite = sameSite === 'strict' ? 'Strict' : 'Lax';
    this.prefix = this.#isSecure ? '__Host-portico' : 'portico';
    this.name = this.prefix;
  }

  isOwn(name: string): boolean {
    return name === this.name || name.startsWith(`${this.prefix}-login-`);
  }

  loginName(id: string): string {
    return `${this.prefix}-login-${id}`;
  }

  fits(value: string): boolean {
    return this.name.length + 1 + value.length <= MAX_BYTES;
  }

  /** @param seconds the life in the browser. */
  set(value: string, seconds: number): string {
    return this.#field(this.name, value, seconds, this.#sameSite);
  }

  get removal(): string {
    return this.#field(this.name, '', 0, this.#sameSite);
  }

  /** Of a sign-in under way: the provider's page leads back, so the cookie has to go along with a link. */
  setLogin(id: string, value: string, seconds: number): string {
    return this.#field(this.loginName(id), value, seconds, 'Lax');
  }

  removeLogin(name: string): string {
    return this.#field(name, '', 0, 'Lax');
  }

  #field(name: string, value: string, seconds: number, sameSite: string): string {
    const secure = this.#isSecure ? '; Secure' : '';
    return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly${secure}; SameSite=${sameSite}`;
  }
}
