import { Agent, createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { announce } from './announce.ts';

// A common proxy setup, with the keep-alive agent of the better examples.
const app = express();
app.use(
  createProxyMiddleware({
    target: process.env.BENCH_BACKEND ?? '',
    changeOrigin: true,
    agent: new Agent({ keepAlive: true }),
  }),
);
announce(createServer(app));
