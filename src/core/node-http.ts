import type * as Http from 'node:http';

/**
 * The values of node:http. An import of it reads every export, and to read `WebSocket` loads the undici inside Node,
 * which takes as much CPU as to load a hundred routes.
 */
export const { Agent, createServer, IncomingMessage, request, ServerResponse, STATUS_CODES }: typeof Http =
  process.getBuiltinModule('node:http');

export type Agent = Http.Agent;
export type IncomingMessage = Http.IncomingMessage;
export type ServerResponse = Http.ServerResponse;
