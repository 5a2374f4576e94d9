import Vue from 'vue';
import Map from "./map.vue"
import store from "./store";
import "./user_socket.js";

new Vue({ store, render: (h) => h(Map) }).$mount("#app");
