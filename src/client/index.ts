export { type ClientOptions, client, type RouteClient } from './client.ts';
export type { ArgumentsOf, CallOptions, ResponseOf, RouteContract } from './contract.ts';
export { type ProblemEntry, ResponseError, type ResponseProblem } from './response-error.ts';
export { StreamError } from './stream-error.ts';
