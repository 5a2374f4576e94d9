import "./user_socket"
