import { defineConfig } from 'vitepress';

const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: 'Portico',
  description: 'A gateway between browsers and backend services, where a route is a file.',
  outDir: '../dist-docs',
  rewrites: { 'decisions/README.md': 'decisions/index.md' },
  // Links to files above docs are for readers of the repository.
  ignoreDeadLinks: [/^http:\/\/localhost/, /^\.{1,2}\/\.\.\//, /(?:README|CONTRIBUTING|SECURITY|CHANGELOG)(?:\.md)?$/],
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      {
        text: 'Guide',
        items: [
          page('Getting started', '/getting-started'),
          page('Routes', '/routes'),
          page('A typed client', '/client'),
          page('Caching', '/caching'),
          page('Resilience', '/resilience'),
          page('Services', '/services'),
          page('Sign-in', '/sign-in'),
          page('Threat model', '/threat-model'),
          page('Working without backends', '/mocking'),
          page('Testing your routes', '/testing'),
          page('Recordings', '/recordings'),
          page('Deploying', '/deploying'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Configuration', '/configuration'),
          page('Command line', '/cli'),
          page('OpenAPI', '/openapi'),
          page('Errors', '/errors'),
          page('Metrics and logs', '/metrics'),
          page('Glossary', '/GLOSSARY'),
        ],
      },
      {
        text: 'For contributors',
        items: [
          page('Architecture', '/architecture'),
          page('Decisions', '/decisions/'),
          page('What can go wrong', '/faults'),
          page('Releasing', '/releasing'),
        ],
      },
    ],
  },
});
