import { startChaos } from './gateway/chaos.js';
import { startLamps } from './gateway/lamps.js';
import { startLog } from './gateway/log.js';
import { loadCart } from './store/cart.js';
import { startChat } from './store/chat.js';
import { startPrices } from './store/prices.js';
import { startProductPage } from './store/product-page.js';
import { startProducts } from './store/products.js';
import { startRecommendations } from './store/recommendations.js';

// The log and the lamps come first, so that they miss no call.
startLog();
startLamps();

void startChaos();
void loadCart();
// The picks name products by id: the list knows their names. It settles also when it fails.
void startProducts().then(startRecommendations);
startPrices();
startChat();
startProductPage();
