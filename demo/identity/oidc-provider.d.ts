/** The class itself. The entry of the package warns, when it is imported, of every Node that is not yet called LTS. */
declare module 'oidc-provider/lib/provider.js' {
  export { Provider } from 'oidc-provider';
}
