// The same server by its other name, which is another site: it gets no cookie of the shop with this form.
const shop = location.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
const form = document.forms[0];
form.action = `//${shop}:${location.port}/api/my/orders`;
form.submit();
