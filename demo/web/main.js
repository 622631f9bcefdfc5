import { startChaos } from './gateway/chaos.js';
import { startCrossSite } from './gateway/cross-site.js';
import { startLamps } from './gateway/lamps.js';
import { startLog } from './gateway/log.js';
import { startRateLimit } from './gateway/rate-limit.js';
import { startSession } from './gateway/session.js';
import { startAccount } from './store/account.js';
import { startCart } from './store/cart.js';
import { startChat } from './store/chat.js';
import { startPrices } from './store/prices.js';
import { startProductPage } from './store/product-page.js';
import { startProducts } from './store/products.js';
import { startRecommendations } from './store/recommendations.js';
import { startUser } from './user.js';

// The log and the lamps come first, so that they miss no call.
startLog();
startLamps();

void startChaos();
startAccount();
startSession();
startCrossSite();
startRateLimit();
startCart();
void startUser();
// The recommendations name products by id, which the product list resolves. It settles also after a failure.
void startProducts().then(startRecommendations);
startPrices();
startChat();
startProductPage();
