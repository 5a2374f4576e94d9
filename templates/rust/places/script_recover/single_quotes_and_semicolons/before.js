import { Socket } from 'phoenix';

const socket = new Socket('/socket', {});
