/** For what MQTT.js has on board and a page never uses: sockets of node, topic aliases of MQTT 5. */
export class LRUCache {}
export class WebSocket {}
