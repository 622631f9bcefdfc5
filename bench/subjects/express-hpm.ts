import { Agent, createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { announce } from './announce.ts';

// What a front-end team copies today, with the keep-alive agent that the better snippets have.
const app = express();
app.use(
  createProxyMiddleware({
    target: process.env.BENCH_BACKEND ?? '',
    changeOrigin: true,
    agent: new Agent({ keepAlive: true }),
  }),
);
announce(createServer(app));
