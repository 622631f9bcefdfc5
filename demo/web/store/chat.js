import { byId, element } from '../element.js';
import { reportCall } from '../gateway/call.js';
import { visitor } from '../visitor.js';

const PATH = '/ws/chat';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const KEPT = 60;

let socket;
let failures = 0;

export function startChat() {
  byId('chat-form').addEventListener('submit', event => {
    event.preventDefault();
    send(byId('chat-input'));
  });
  connect();
}

function connect() {
  const began = performance.now();
  socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PATH}`);
  socket.addEventListener('open', () => {
    failures = 0;
    // The server repeats its last messages to every new client.
    byId('chat-messages').replaceChildren();
    report('open', began);
  });
  socket.addEventListener('message', ({ data }) => show(JSON.parse(data)));
  socket.addEventListener('close', () => {
    report('closed', began);
    setTimeout(connect, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
    failures += 1;
  });
}

function report(state, began) {
  const shown = byId('chat-state');
  if (shown.dataset.state === state) return;
  shown.dataset.state = state;
  shown.textContent = state === 'open' ? 'connected' : 'reconnecting';
  reportCall({ method: 'WS', path: PATH, status: state, ms: performance.now() - began, cache: 'none', parts: [] });
}

function send(input) {
  const text = input.value.trim();
  if (!text || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ from: visitor, text }));
  input.value = '';
}

function show({ from, text, at }) {
  const messages = byId('chat-messages');
  const time = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  messages.append(
    element(
      'li',
      { class: 'message', 'data-testid': 'chat-message', 'data-mine': from === visitor },
      element('span', { class: 'message-from' }, from === visitor ? 'you' : from),
      element('span', { class: 'message-text' }, text),
      element('time', { class: 'message-at', datetime: at }, time),
    ),
  );
  while (messages.children.length > KEPT) messages.firstElementChild?.remove();
  messages.scrollTop = messages.scrollHeight;
}
