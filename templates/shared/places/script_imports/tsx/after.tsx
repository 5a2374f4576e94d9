import React from "react"
import "./user_socket.js"

export const App = () => <div>{"hi"}</div>
