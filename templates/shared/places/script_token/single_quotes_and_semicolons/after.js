import { Socket } from 'phoenix';
import { connectWithToken, token } from './token.js';

const socket = new Socket('/socket', { authToken: token });
connectWithToken(socket);
