// Two backends, one origin: no CORS, no address of a backend in the page.
async function getJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function element(name, text = '') {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function reviewForm(bookId, onWritten) {
  const form = element('form');
  const input = element('input');
  input.name = 'text';
  input.required = true;
  input.ariaLabel = 'Your review';
  form.append(input, element('button', 'Add review'));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    await fetch(`/api/books/${bookId}/reviews`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: input.value }),
    });
    input.value = '';
    // The write has purged the stored reviews, so this list has the new one.
    await onWritten();
  });
  return form;
}

function bookSection({ id, title, author }) {
  const section = element('section');
  const list = element('ul');
  const showReviews = async () => {
    const reviews = await getJson(`/api/books/${id}/reviews`);
    list.replaceChildren(...reviews.map(text => element('li', text)));
  };
  section.append(element('h2', title), element('small', author), list, reviewForm(id, showReviews));
  void showReviews();
  return section;
}

const main = document.getElementById('books');
try {
  main.replaceChildren(...(await getJson('/api/books')).map(bookSection));
} catch (error) {
  main.textContent = `The books cannot be loaded (${error.message}).`;
}
