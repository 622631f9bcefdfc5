import { defineRoute } from 'portico';
import { chat } from '#services';

export default defineRoute('/ws/chat', {
  proxy: chat,
});
