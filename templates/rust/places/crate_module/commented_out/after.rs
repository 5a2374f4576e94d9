pub mod channels;
pub mod endpoint;
