export interface NginxPlace {
  readonly port: number;
  readonly backendPort: number;
  /** All files that it writes are below this folder. */
  readonly dir: string;
}

/**
 * Everything is stored, one request at a time, and stale responses are served during their revalidation; except what is
 * below `/plain/`, event streams and WebSockets.
 */
export function nginxConfig({ port, backendPort, dir }: NginxPlace): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${dir}/nginx.pid;
events { worker_connections 19000; }
http {
  access_log off;
${temporary.map(name => `  ${name}_temp_path ${dir}/temp/${name};`).join('\n')}
  proxy_cache_path ${dir}/cache levels=1:2 keys_zone=herd:16m inactive=1h use_temp_path=off;
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 1024; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_requests 1000000000;
    keepalive_timeout 10m;
    client_header_timeout 10m;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {
      proxy_pass http://backend;
      proxy_cache herd;
      proxy_cache_lock on;
      proxy_cache_use_stale updating error timeout;
      proxy_cache_background_update on;
    }
    location /plain/ { proxy_pass http://backend; }
    location /events/ {
      proxy_pass http://backend;
      proxy_buffering off;
    }
    location /sockets/ {
      proxy_pass http://backend;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
}
`;
}
